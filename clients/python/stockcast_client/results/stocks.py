"""Prices, the board of the market, recorded forecasts and watchlists as frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stockcast_client.models.generated import (
    BoardPage,
    LatestPrices,
    RecordedForecasts,
    StoredPrices,
    WatchlistDetail,
)
from stockcast_client.results.frames import frame_of

if TYPE_CHECKING:
    import pandas as pd


class Prices(StoredPrices):
    """Stored prices, oldest first."""

    def to_frame(self) -> pd.DataFrame:
        """Return the prices: a row a day or a bar. The index is its date, or the time of its start."""
        rows = [each.model_dump(exclude_none=True) for each in self.prices or ()]
        index = "time" if rows and "time" in rows[0] else "date"
        return frame_of(rows, index=index, dates=[index])


class Latest(LatestPrices):
    """The latest closes of many stocks."""

    def to_frame(self) -> pd.DataFrame:
        """Return the closes: a row a stock. The index is the ticker."""
        return frame_of((each.model_dump() for each in self.prices or ()), index="ticker", dates=["as_of"])


class Board(BoardPage):
    """A page of the board of the nightly run."""

    def to_frame(self) -> pd.DataFrame:
        """Return the rows: a row a stock, with the columns of all horizons. The index is the ticker."""
        return frame_of((each.model_dump() for each in self.rows or ()), index="ticker", dates=["as_of"])


class PastForecasts(RecordedForecasts):
    """A page of recorded forecasts, the newest first."""

    def to_frame(self) -> pd.DataFrame:
        """Return the forecasts with their outcomes: a row a forecast. The index is its number."""
        rows = (
            {
                **each.model_dump(exclude={"quantiles", "outcome"}),
                **{
                    f"outcome_{name}": value
                    for name, value in (each.outcome.model_dump() if each.outcome else {}).items()
                },
            }
            for each in self.forecasts or ()
        )
        return frame_of(rows, index="number", dates=["as_of", "target_date", "made_at", "recorded_at"])


class Watchlist(WatchlistDetail):
    """A list of stocks."""

    def to_frame(self) -> pd.DataFrame:
        """Return the stocks with their questions and latest closes. The index is the ticker."""
        rows = (
            {
                **each.model_dump(exclude={"latest"}),
                **{
                    f"latest_{name}": value for name, value in (each.latest.model_dump() if each.latest else {}).items()
                },
            }
            for each in self.stocks or ()
        )
        return frame_of(rows, index="ticker")
