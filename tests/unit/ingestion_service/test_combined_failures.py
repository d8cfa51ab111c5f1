"""The combined failure when no provider returned prices."""

from common.domain.errors import ImplausiblePrices, ProviderUnavailable, TooLittleData, UnknownTicker
from ingestion_service.providers.access.combined_failures import combine_failures

AWAY = ProviderUnavailable("Yahoo could not be reached. It is asked again at 14:05 UTC.", retry_after_s=60)


def test_the_failure_without_a_key_suggests_the_sample_and_a_key():
    failure = combine_failures([AWAY, UnknownTicker()], ["yahoo", "sample"])
    assert (failure.code, failure.retry_after_s) == ("provider_unavailable", 60)
    assert failure.detail == (
        "Yahoo could not be reached. It is asked again at 14:05 UTC. The sample prices of AAPL, FB, GOOG, IBM, MSFT "
        "work now. For other tickers, set a free key such as TIINGO_API_KEY and start Stockcast again."
    )


def test_the_failure_with_a_key_suggests_no_other_key():
    assert "TIINGO_API_KEY" not in combine_failures([AWAY], ["twelvedata", "yahoo", "sample"]).detail


def test_the_failure_without_the_sample_does_not_suggest_it():
    assert "sample" not in combine_failures([AWAY], ["tiingo"]).detail


def test_each_reason_is_given_once_with_the_shortest_wait():
    later = ProviderUnavailable(AWAY.detail, retry_after_s=600)
    failure = combine_failures([later, AWAY], ["tiingo", "finnhub"])
    assert (failure.detail, failure.retry_after_s) == (AWAY.detail, 60)


def test_implausible_prices_come_before_unavailable_providers():
    implausible, short = ImplausiblePrices("They change their unit."), TooLittleData("There are 12.")
    assert combine_failures([AWAY, implausible], ["yahoo"]) is implausible
    assert combine_failures([UnknownTicker(), short], ["yahoo", "sample"]) is short
    assert combine_failures([], []).code == "provider_unavailable"
