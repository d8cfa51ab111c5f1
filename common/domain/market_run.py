"""The progress and the end of a nightly run over the whole market."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict


class MarketRun(BaseModel):
    """The state of a run: of ``stocks`` stocks, ``done`` are on the board, ``failed`` of them without a forecast.

    ``finished`` is None while the run goes on, and after it ended without all of its stocks.
    """

    model_config = ConfigDict(frozen=True)

    day: date
    stocks: int
    done: int
    failed: int
    started: datetime
    finished: datetime | None = None
    completed: datetime | None = None
    """The end of the last run that was complete, this one or an earlier one."""
