"""Groups of similar horizons, within which recorded forecasts are counted together."""

from __future__ import annotations

from dataclasses import dataclass

from common.domain.questions import MAX_DAYS


@dataclass(frozen=True)
class HorizonGroup:
    """The horizons from ``first`` to ``last`` calendar days, and how a sentence names them."""

    first: int
    last: int
    words: str


HORIZON_GROUPS = (
    HorizonGroup(1, 14, "about a week ahead"),
    HorizonGroup(15, 60, "about a month ahead"),
    HorizonGroup(61, 135, "about three months ahead"),
    HorizonGroup(136, 270, "about half a year ahead"),
    HorizonGroup(271, 540, "about a year ahead"),
    HorizonGroup(541, MAX_DAYS, "several years ahead"),
)


def horizon_group(days: int) -> HorizonGroup:
    """Return the group of a horizon.

    Args:
        days: the horizon, 1 to 10,000 calendar days.
    """
    return next(group for group in HORIZON_GROUPS if days <= group.last)
