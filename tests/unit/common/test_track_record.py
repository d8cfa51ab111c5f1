"""A forecast's entry in the track record."""

from datetime import UTC, datetime, timedelta

import pytest

from common.domain.questions import ForecastQuestion
from common.domain.track_record import LEVELS, LedgerEntry, content_hash, kind_of, ledger_entry
from forecast_service.engine.forecast import make_forecast
from tests.integration.webserver.test_prices_api import series

FETCHED = datetime(2026, 1, 5, 12, tzinfo=UTC)


def forecast(days=30, level=0.8, late_days=1):
    prices = series()
    question = ForecastQuestion(ticker="AAPL", days=days, level=level)
    today = prices.last + timedelta(days=late_days)
    return make_forecast(prices, question, today=today, fetched_at=FETCHED, version="a" * 64)


def test_an_entry_has_the_forecast_with_its_whole_distribution():
    made = forecast()
    entry = ledger_entry(made)
    assert (entry.ticker, entry.days, entry.model, entry.engine) == ("AAPL", 30, "blend", made.model.version)
    assert (entry.as_of, entry.last_close, entry.target_date) == (made.as_of, made.last_close, made.target_date)
    assert entry.median == made.predicted_price
    assert len(entry.quantiles) == len(LEVELS) == 101
    assert entry.quantiles == sorted(entry.quantiles)
    assert made.distribution is not None
    assert entry.quantiles[LEVELS.index(0.01)] == made.distribution.end[0]
    assert entry.quantiles[LEVELS.index(0.975)] == made.forecast[-1].quantiles[-1]
    assert LedgerEntry.model_validate_json(entry.encode()) == entry


def test_the_same_forecast_at_two_levels_and_times_is_one_entry():
    contents = [ledger_entry(forecast(level=level)).encode() for level in (0.5, 0.8)]
    later = forecast().model_copy(update={"timings_ms": {"total": 9.0}})
    assert {content_hash(content) for content in [*contents, ledger_entry(later).encode()]} == {
        content_hash(contents[0])
    }
    assert content_hash(ledger_entry(forecast(days=31)).encode()) != content_hash(contents[0])


def test_a_forecast_without_a_distribution_has_no_entry():
    with pytest.raises(ValueError, match="no distribution"):
        ledger_entry(forecast().model_copy(update={"distribution": None}))


@pytest.mark.parametrize(
    ("source", "is_stale", "kind"),
    [
        ("yahoo", False, "live"),
        ("yahoo", True, "stale"),
        ("sample", False, "sample"),
        ("sample", True, "sample"),
        ("my file", False, "uploaded"),
        ("my file", True, "uploaded"),
    ],
)
def test_forecasts_from_other_prices_than_fresh_ones_of_a_provider_are_of_another_kind(source, is_stale, kind):
    assert kind_of(source, is_stale=is_stale) == kind


def test_a_forecast_from_old_prices_is_stale_and_one_from_fresh_prices_live():
    assert [ledger_entry(forecast(late_days=days)).kind for days in (7, 8)] == ["live", "stale"]
