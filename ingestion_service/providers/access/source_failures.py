"""One failure for those of several sources, with what a person can do next."""

from __future__ import annotations

from collections.abc import Sequence

from common.domain.errors import Failure, ImplausiblePrices, ProviderUnavailable, TooLittleData, Unavailable
from ingestion_service.providers.sample import SAMPLE, TICKERS

_WITHOUT_KEY = frozenset({"yahoo", SAMPLE})


def one_failure(failures: Sequence[Failure], sources: Sequence[str]) -> Failure:
    """Return one failure for those of several sources: only where all could be asked is a ticker known to be unknown.

    Implausible prices come first: they are the one failure that says something about the prices themselves. The
    sentences of all sources that could not be asked are put together, with the shortest time to wait.

    Args:
        failures: one for each source that returned no prices.
        sources: the names of all sources, in their order.
    """
    implausible = [failure for failure in failures if isinstance(failure, ImplausiblePrices)]
    if implausible:
        return implausible[0]
    away = [failure for failure in failures if isinstance(failure, Unavailable)]
    if away:
        waits = [failure.retry_after_s for failure in away if failure.retry_after_s]
        detail = " ".join(dict.fromkeys([*(failure.detail for failure in away), *_ways_out(sources)]))
        return type(away[0])(detail, retry_after_s=min(waits, default=None))
    too_little = [failure for failure in failures if isinstance(failure, TooLittleData)]
    return next(iter([*too_little, *failures]), ProviderUnavailable())


def _ways_out(sources: Sequence[str]) -> list[str]:
    """Say which tickers can be forecast without a source, and how to add one."""
    hints = []
    if SAMPLE in sources:
        hints.append(f"The sample prices of {', '.join(TICKERS)} work now.")
    if _WITHOUT_KEY.issuperset(sources):
        hints.append("For other tickers, set a free key such as TIINGO_API_KEY and start Stockcast again.")
    return hints
