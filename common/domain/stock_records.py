"""How the earlier forecasts of each stock came out: computed by the scoring, shown on the board of the market."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from common.domain.track_record import LEAST_SCORED

DAYS = 30
"""A record counts the forecasts over similar horizons: those in the group of so many calendar days."""


class StockRecord(BaseModel):
    """The outcomes of a stock's live forecasts over about a month.

    Args:
        forecasts: the number of scored forecasts.
        inside_80: how many closes were inside the range of 80 %.
    """

    model_config = ConfigDict(frozen=True)

    forecasts: int = Field(ge=0)
    inside_80: int = Field(ge=0)

    @property
    def coverage_80(self) -> float | None:
        """The fraction of closes inside the range of 80 %; None below :data:`LEAST_SCORED` forecasts."""
        return round(self.inside_80 / self.forecasts, 4) if self.forecasts >= LEAST_SCORED else None


class StockRecords(BaseModel):
    """The records by ticker, of the stocks that have one."""

    model_config = ConfigDict(frozen=True)

    by_ticker: Mapping[str, StockRecord]
