"""A stock's closes as arrays, as the searches take them, and the prices that can be searched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from common.domain.errors import ImplausiblePrices, NotDaily
from common.domain.markets.price_steps import find_step, step_noun
from common.domain.prices import PriceSeries
from forecast_service.patterns.occurrences import Floats, Places, are_daily, days_of, number_runs


@dataclass(frozen=True)
class Stock:
    """A stock with its daily prices. Closes are adjusted for splits."""

    ticker: str
    frame: pd.DataFrame

    @cached_property
    def closes(self) -> Floats:
        """The closes."""
        return self.frame["close"].to_numpy("float64")

    @cached_property
    def logs(self) -> Floats:
        """The logarithms of the closes."""
        return np.asarray(np.log(self.closes))

    @cached_property
    def days(self) -> Places:
        """The days, counted from 1970-01-01."""
        return days_of(self.frame.index.to_numpy())

    @cached_property
    def runs(self) -> Places:
        """The number of the run of prices without a gap, for each day."""
        return number_runs(self.days)

    def date_of(self, row: int) -> date:
        """Return the date of a row."""
        return date.fromordinal(date(1970, 1, 1).toordinal() + int(self.days[row]))

    def find_rows(self, begin: date, end: date) -> tuple[int, int]:
        """Return the rows of the first day from ``begin`` and of the last day up to ``end``."""
        days = np.array([begin, end], "datetime64[D]").astype(np.int64)
        return int(np.searchsorted(self.days, days[0])), int(np.searchsorted(self.days, days[1], "right")) - 1


def require_searchable(series: PriceSeries) -> None:
    """Raise an error if the prices of a stock cannot be searched.

    Raises:
        TooLittleData: there are too few.
        NotDaily: they are weekly, monthly or rare.
        ImplausiblePrices: a close is not positive, so that moves in percent mean nothing.
    """
    series.require_rows()
    require_days_and_prices(series)


def require_days_and_prices(series: PriceSeries) -> None:
    """Raise NotDaily or ImplausiblePrices, as :func:`require_searchable` does; a shape may be of a short history."""
    ticker = series.ticker
    if not are_daily(days_of(series.frame.index.to_numpy())):
        step = find_step(pd.DatetimeIndex(series.frame.index))
        kind = f"{step_noun(step)}ly prices" if step else "prices on few days"
        raise NotDaily(f"{ticker} has {kind}. A pattern search needs daily ones.")
    if not (series.frame["close"] > 0).all():
        raise ImplausiblePrices(f"{ticker} has prices of 0 or less, so it was not searched.")
