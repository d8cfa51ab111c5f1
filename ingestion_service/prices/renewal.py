"""What refreshes of daily prices and of those within the day have in common."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from common.domain.questions import Interval
from common.rpc.messages import Outcome
from common.s3.objects import StoredFacts

LOOK_AGAIN_AFTER = timedelta(minutes=15)
"""How long nobody looks again where a refresh failed, or where newer prices may be had soon."""


@dataclass(frozen=True)
class Refreshed:
    """The outcome of a refresh, and the facts about the prices stored after it.

    ``asked`` is False where the stored prices are so new that no source was asked. ``changed`` is whether the stored
    prices differ from those before. ``missing`` says what the source did not give ("" where it gave all).
    """

    outcome: Outcome
    facts: StoredFacts
    asked: bool = True
    changed: bool = True
    missing: str = ""


def lock_of(ticker: str, interval: Interval) -> str:
    """The name of the lock under which prices of one interval are written or removed."""
    return ticker if interval == "1d" else f"{ticker}:{interval}"
