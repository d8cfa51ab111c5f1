"""The statuses of a request."""

from __future__ import annotations

from typing import Literal

Status = Literal["accepted", "ingesting", "forecasting", "done", "failed", "cancelled"]
Stage = Literal["ingesting", "forecasting"]
ENDED: frozenset[Status] = frozenset({"done", "failed", "cancelled"})
"""The statuses that are final."""
