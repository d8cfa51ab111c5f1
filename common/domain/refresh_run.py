"""The end of a run that refreshed many stocks."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class RefreshRun(BaseModel):
    """A run that ended by itself: of ``tickers`` stocks, ``failed`` were not refreshed, or not completely."""

    model_config = ConfigDict(frozen=True)

    tickers: int
    failed: int
    ended: datetime
    completed: datetime | None = None
    """The end of the last run without a failure, this one or an earlier one."""
