"""The past of a stock as a model gets it: everything up to an origin, and nothing after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.domain.fields import Field
from common.domain.markets.exchanges import exchange_of
from common.domain.prices import PriceSeries
from forecast_service.engine.distribution.grid import PROBABILITIES
from forecast_service.engine.fields import field_values

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Past:
    """The known values of a stock.

    Args:
        ticker: the stock.
        field: the field that is forecast, such as ``close``.
        values: the positive values of the field by trading day, oldest first.
        frame: all daily prices: open, high, low, close, adj_close and volume, by the day on which they are known; a
            value may be NaN.
        others: the daily prices of other stocks by ticker, in the same form. Their days may differ.
    """

    ticker: str
    field: str
    values: pd.Series[float]
    frame: pd.DataFrame
    others: Mapping[str, pd.DataFrame]

    @property
    def probabilities(self) -> FloatArray:
        """Return the probabilities of the quantiles that a model returns, ascending."""
        return PROBABILITIES

    @property
    def log_values(self) -> FloatArray:
        """Return the logarithms of the values, relative to the first one, shape (n,)."""
        values = self.values.to_numpy(dtype=np.float64)
        return np.asarray(np.log(values / values[0]), dtype=np.float64)

    @property
    def log_moves(self) -> FloatArray:
        """Return the daily moves of the logarithm of the values, shape (n - 1,)."""
        return np.diff(self.log_values)

    @classmethod
    def of(cls, history: PriceSeries, field: Field, others: Mapping[str, pd.DataFrame]) -> Past:
        """Return the whole history as it was known on each day.

        At the open of a day, its other prices are not known yet, and neither are those of other stocks: they are those
        of the day before. So are at any time the prices of another exchange, whose day may end later.

        Args:
            history: the prices.
            field: the field that is forecast.
            others: the daily prices of other stocks.
        """
        frame = history.frame
        if field == "open":
            frame = frame.shift(1).assign(open=frame["open"])
        known = {
            ticker: each
            if field != "open" and exchange_of(ticker) == exchange_of(history.ticker)
            else each.set_axis(each.index + pd.Timedelta(days=1))
            for ticker, each in others.items()
        }
        return cls(history.ticker, field, field_values(history, field), frame, known)

    def until(self, row: int) -> Past:
        """Return the past at the day of the value in ``row``."""
        values = self.values.iloc[: row + 1]
        day = values.index[-1]
        others = {ticker: frame.loc[:day] for ticker, frame in self.others.items()}
        return Past(self.ticker, self.field, values, self.frame.loc[:day], others)


Model = Callable[[Past, int], FloatArray]
"""A model: from the past and a number of trading days to the quantiles of the move of the logarithm of the value over
them, at :attr:`Past.probabilities`."""
