"""The evening's forecasts of the standing set, so that the record does not depend on what people happened to ask.

A forecast is made once for each close. A run that ends early is continued by the next one. The forecast becomes an
entry of the ledger on the same path as every other: the forecast service writes it with the result.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Literal, Protocol

from common.domain.errors import Failure, NotFound, StoreUnavailable, UnknownTicker
from common.domain.markets.dates import exchange_day, is_stale
from common.domain.questions import ForecastQuestion
from common.domain.results import Forecast
from common.domain.track_record import kind_of
from common.s3.objects import StoredFacts
from common.sql.repositories.standing_set import list_standing_forecasts, list_standing_set, note_standing_forecast
from common.sql.store import SqlStore

HORIZONS = (7, 30, 91)
"""Calendar days: a week, a month and a quarter, which have about 5, 21 and 63 trading days."""
_log = logging.getLogger(__name__)
End = Literal["forecast", "known", "without_source", "stale", "failed"]


class Prices(Protocol):
    """The stored prices."""

    def read_facts(self, ticker: str) -> StoredFacts:
        """Return the facts of a stock's prices; raise NotFound or Busy."""


@dataclass(frozen=True)
class StandingReport:
    """The result of a run.

    Args:
        forecasts: the number of new forecasts.
        stocks: the number of stocks by their end. ``known``: there is no close since the last forecasts.
            ``without_source``: no source has the stock, or its prices are the bundled sample or an uploaded series.
            ``stale``: the last close is more than a week old.
    """

    forecasts: int
    stocks: Counter[End]


class StandingForecasts:
    """Forecasts the standing set.

    Args:
        store: the SQL store.
        fetch: fetches the prices of a stock unless fresh ones are stored; raises a Failure.
        prices: the stored prices.
        forecast: returns the finished forecast of a question; raises a Failure.
        now: the clock.
    """

    def __init__(
        self,
        store: SqlStore,
        fetch: Callable[[str], object],
        prices: Prices,
        forecast: Callable[[ForecastQuestion], Forecast],
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._fetch = fetch
        self._prices = prices
        self._forecast = forecast
        self._now = now
        self._made = 0

    def run(self) -> StandingReport:
        """Forecast each stock from its last close over each of :data:`HORIZONS`. One that fails stops no other.

        Raises:
            StoreUnavailable: the SQL store cannot be used now.
        """
        self._made = 0
        ends = [self._end_of(stock.ticker) for stock in self._store.read(list_standing_set)]
        return StandingReport(self._made, Counter(ends))

    def _end_of(self, ticker: str) -> End:
        try:
            return self._forecast_stock(ticker)
        except StoreUnavailable:
            raise
        except (UnknownTicker, NotFound):
            return "without_source"
        except Failure as failure:
            _log.warning("%s was not forecast for the track record: %s", ticker, failure)
            return "failed"

    def _forecast_stock(self, ticker: str) -> End:
        self._fetch(ticker)
        facts = self._prices.read_facts(ticker)
        today = exchange_day(self._now(), ticker)
        kind = kind_of(facts.source, is_stale=is_stale(facts.last, today))
        if kind != "live":
            return "stale" if kind == "stale" else "without_source"
        missing = self._horizons_to_forecast(ticker, facts.last)
        for days in missing:
            made = self._forecast(ForecastQuestion(ticker=ticker, days=days))
            self._store.transaction(partial(note_standing_forecast, ticker=ticker, days=days, as_of=made.as_of))
            self._made += 1
        return "forecast" if missing else "known"

    def _horizons_to_forecast(self, ticker: str, last: date) -> list[int]:
        made = self._store.read(partial(list_standing_forecasts, ticker=ticker))
        return [days for days in HORIZONS if made.get(days, date.min) < last]


def summary(report: StandingReport) -> str:
    """Return the result of a run in words."""
    counts = report.stocks
    if not counts:
        return "The standing set is empty; ./run_app.sh track-record track AAPL adds a stock."
    if set(counts) == {"without_source"}:
        return (
            "Nothing was forecast: no price source has a stock of the standing set. The bundled sample does not count."
        )
    return (
        f"{report.forecasts} forecasts of {counts['forecast']} stocks; {counts['known']} have no new close, "
        f"{counts['without_source']} no source, {counts['stale']} stale prices; {counts['failed']} failed"
    )
