"""The splits of a share, as price sources state them, and their text in the metadata of stored prices."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

MOST_SPLITS = 20
"""The most splits in the metadata of stored prices, which may have 2 kB. The latest ones are kept."""
_NONE = "none"


@dataclass(frozen=True, order=True)
class Split:
    """A split: from ``day`` on, ``ratio`` shares replace one of the day before."""

    day: date
    ratio: float


def format_splits(splits: Iterable[Split]) -> str:
    """Return splits as one text, such as ``2014-06-09=7;2020-08-31=4``; ``none`` without splits."""
    latest = sorted(splits)[-MOST_SPLITS:]
    return ";".join(f"{split.day.isoformat()}={split.ratio:.10g}" for split in latest) or _NONE


def parse_splits(text: str | None) -> tuple[Split, ...] | None:
    """Return the splits that :func:`format_splits` wrote; None if the text is missing or damaged."""
    if text is None or text == _NONE:
        return None if text is None else ()
    try:
        found = tuple(Split(date.fromisoformat(day), float(ratio)) for day, ratio in _pairs(text))
    except ValueError:
        return None
    return found if all(0 < split.ratio < math.inf for split in found) else None


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    for part in text.split(";"):
        day, _, ratio = part.partition("=")
        yield day, ratio
