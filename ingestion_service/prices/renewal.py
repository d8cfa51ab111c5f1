"""The result, the lock and the period that refreshes of daily and of intraday prices share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from common.domain.questions import Interval
from common.rpc.messages import Outcome
from common.s3.objects import StoredFacts

REFRESH_AGAIN_AFTER = timedelta(minutes=15)
"""The time until the next refresh after a failed one, or if newer prices may be available soon."""


@dataclass(frozen=True)
class RefreshResult:
    """The result of a refresh.

    Args:
        outcome: whether prices were added or were stored before.
        facts: the metadata of the prices that are stored now.
        asked: False if the stored prices were so new that no provider was called.
        changed: whether the stored prices differ from those before.
        missing: a sentence on prices that the provider did not return; empty if it returned all.
    """

    outcome: Outcome
    facts: StoredFacts
    asked: bool = True
    changed: bool = True
    missing: str = ""


def lock_name(ticker: str, interval: Interval) -> str:
    """Return the name of the lock for writing or removing the prices of one interval."""
    return ticker if interval == "1d" else f"{ticker}:{interval}"
