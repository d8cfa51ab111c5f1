"""The track record of each stock: the scoring counts it, reports and the board of the market show it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from common.domain.formats import format_count
from common.domain.horizons import HorizonGroup
from common.domain.track_record import LEAST_SCORED

DAYS = 30
"""The board counts the forecasts over similar horizons: those in the group of so many calendar days."""
StockHorizon = tuple[str, HorizonGroup]
"""A ticker and a group of horizons."""
_LEVEL = "80\N{NO-BREAK SPACE}%"


class StockRecord(BaseModel):
    """The outcomes of a stock's live forecasts over similar horizons.

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

    def sentence(self, ticker: str, horizon: HorizonGroup) -> str | None:
        """Return the record as a sentence, with a percentage where there are enough forecasts; None without any.

        Args:
            ticker: the stock.
            horizon: the group of horizons.
        """
        if self.forecasts == 0:
            return None
        due = f"{format_count(self.forecasts)} {'forecast' if self.forecasts == 1 else 'forecasts'} of {ticker}"
        percent = round(100 * self.inside_80 / self.forecasts)
        share = f" ({percent}\N{NO-BREAK SPACE}%)" if self.forecasts >= LEAST_SCORED else ""
        held = f"the {_LEVEL} range held {format_count(self.inside_80)}{share}"
        return f"Of {due} {horizon.words} that came due, {held}."
