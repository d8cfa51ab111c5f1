"""The outcome of a range of stocks."""

from __future__ import annotations

from dataclasses import dataclass

DONE = "done"
"""The outcome of a stock with a forecast. Others have the code of the failure."""


@dataclass(frozen=True)
class RangeDone:
    """A range whose files are stored, and the number of its stocks by outcome."""

    number: int
    outcomes: dict[str, int]
