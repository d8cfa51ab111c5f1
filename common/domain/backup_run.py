"""The newest backups of the stores."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class BackupRun(BaseModel):
    """The backup that began last, and the newest whole one, which may be another.

    A whole backup was stored and read back. What was written after ``whole`` is not in it. ``whole`` is None if no
    backup of these stores was whole.
    """

    model_config = ConfigDict(frozen=True)

    began: datetime | None = None
    whole: datetime | None = None
    """The time at which the newest whole backup began."""
    size_bytes: int | None = None
    """The size of the newest whole backup."""
    max_age_s: int | None = None
    """The age of the newest whole backup from which on an alert is due; None if nobody expects backups."""
