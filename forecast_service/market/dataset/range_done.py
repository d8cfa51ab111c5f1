"""The outcome of a range of stocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from common.s3.market_objects import MarketDay
from forecast_service.market.dataset.plan import RangeTask
from forecast_service.market.dataset.schema import from_parquet
from forecast_service.market.outages import patiently

DONE = "done"
"""The outcome of a stock with a forecast. Others have the code of the failure."""


@dataclass(frozen=True)
class RangeDone:
    """A range whose files are stored, and the number of its stocks by outcome.

    Args:
        number: the number of the range.
        outcomes: the number of stocks by outcome.
        earlier: whether the files were found, so that they do not count for the pace of this run.
    """

    number: int
    outcomes: dict[str, int]
    earlier: bool = False


def stored_range(market: MarketDay, task: RangeTask) -> RangeDone | None:
    """Return the outcome of a range whose part is stored; None if it is not.

    Raises:
        Busy: S3 could not be reached for longer than :data:`outages.PATIENCE_S`, or refuses.
    """
    stored = patiently(lambda: market.read(task.part))
    if stored is None:
        return None
    return RangeDone(task.number, count_outcomes(from_parquet(stored)["code"].to_pylist()), earlier=True)


def count_outcomes(codes: Iterable[str | None]) -> dict[str, int]:
    """Return the number of stocks by outcome, from the codes of their rows."""
    return dict(Counter(code or DONE for code in codes))
