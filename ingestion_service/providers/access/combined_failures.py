"""The combination of several providers' failures into one, with advice for people."""

from __future__ import annotations

from collections.abc import Sequence

from common.domain.errors import Failure, ImplausiblePrices, ProviderUnavailable, TooLittleData, Unavailable
from ingestion_service.providers.sample import SAMPLE, TICKERS

_WITHOUT_KEY = frozenset({"yahoo", SAMPLE})


def combine_failures(failures: Sequence[Failure], providers: Sequence[str]) -> Failure:
    """Return one failure for those of several providers.

    Implausible prices come first. Next come providers that could not be called: their texts are joined, with the
    shortest time until a retry. Only if all providers were called is a ticker unknown or its history too short.

    Args:
        failures: the failure of each provider that returned no prices.
        providers: the names of all providers, in their order.
    """
    implausible = [failure for failure in failures if isinstance(failure, ImplausiblePrices)]
    if implausible:
        return implausible[0]
    away = [failure for failure in failures if isinstance(failure, Unavailable)]
    if away:
        waits = [failure.retry_after_s for failure in away if failure.retry_after_s]
        detail = " ".join(dict.fromkeys([*(failure.detail for failure in away), *_advise_alternatives(providers)]))
        return type(away[0])(detail, retry_after_s=min(waits, default=None))
    too_little = [failure for failure in failures if isinstance(failure, TooLittleData)]
    return next(iter([*too_little, *failures]), ProviderUnavailable())


def _advise_alternatives(providers: Sequence[str]) -> list[str]:
    """Return sentences on the tickers that work without a key, and on how to set one."""
    hints = []
    if SAMPLE in providers:
        hints.append(f"The sample prices of {', '.join(TICKERS)} work now.")
    if _WITHOUT_KEY.issuperset(providers):
        hints.append("For other tickers, set a free key such as TIINGO_API_KEY and start Stockcast again.")
    return hints
