"""The plan of a date: which stocks are forecast together, so that a second run does only what is missing.

A plan is a list of ranges of tickers, stored once. Stocks that are stored later make another plan, whose ranges
continue the numbers. Each range has one part of the board and one of the panel, named by its number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from common.domain.markets.exchanges import NEW_YORK
from common.domain.results import ENGINE
from common.s3.market_objects import MarketDay
from forecast_service.market.dataset.schema import SCHEMA_VERSION
from forecast_service.market.exit_statuses import RunRefused

_EVENING_BEGINS = timedelta(hours=18)
"""The refresh begins half an hour later, in New York's time."""
LONE_STOCK_S = 120.0
"""The longest time of a stock that is forecast in a process of its own: many times what a long series takes, even on
a machine with ten times as many busy processes as cores."""


SHARES = 16
"""A range has at most this fraction of the tickers that no earlier range has: enough for as many workers."""
SMALLEST_RANGE = 4


class PlanMismatch(RunRefused):
    """The date's plan has other horizons, another engine or another schema."""


class Plan(BaseModel):
    """Some ranges of tickers, as they are stored."""

    model_config = ConfigDict(frozen=True)

    engine: str = ENGINE
    schema_version: str = SCHEMA_VERSION
    horizons: tuple[int, ...]
    ranges: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class RangeTask:
    """A range of tickers that are forecast in one process.

    Args:
        day: the date of the dataset.
        number: the number of the range within the date.
        tickers: the stocks.
        horizons: trading days ahead, ascending.
    """

    day: date
    number: int
    tickers: tuple[str, ...]
    horizons: tuple[int, ...]

    @property
    def file(self) -> str:
        """Return the name of the range's files."""
        return f"{self.number:06d}.parquet"

    @property
    def part(self) -> str:
        """Return the name of its rows of the board, whose existence shows that the range is done."""
        return f"parts/{self.file}"

    @property
    def panel(self) -> str:
        """Return the name of its daily bars."""
        return f"panel/{self.file}"


def evening_of(now: datetime) -> date:
    """Return the date of the last evening that has begun in New York: a run after midnight continues it."""
    return (now.astimezone(ZoneInfo(NEW_YORK.time_zone)) - _EVENING_BEGINS).date()


def plan_day(
    market: MarketDay, day: date, tickers: Iterable[str], horizons: Sequence[int], size: int
) -> list[RangeTask]:
    """Return all ranges of a date, those of earlier runs first. Stocks that no plan has make a new one.

    Args:
        market: the objects of the date.
        day: the date.
        tickers: the stored tickers.
        horizons: trading days ahead, ascending.
        size: the most tickers of a new range. The last ranges are smaller, so that all workers end together.

    Raises:
        PlanMismatch: another run of the date has other horizons, another engine or another schema.
    """
    wanted, plans = list(tickers), list(_stored_plans(market))
    while True:
        for plan in plans:
            _check(plan, horizons)
        planned = {ticker for plan in plans for one in plan.ranges for ticker in one}
        missing = [ticker for ticker in wanted if ticker not in planned]
        if not missing:
            return list(_tasks(plans, day))
        plan = Plan(horizons=tuple(horizons), ranges=tuple(_ranges(missing, size)))
        market.put_once(_name(len(plans)), plan.model_dump_json().encode())
        plans += _stored_plans(market, len(plans))  # another run may have been first


def _ranges(tickers: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    """Yield ranges of at most ``size`` tickers, which become smaller towards the end: guided self-scheduling."""
    first = 0
    while first < len(tickers):
        share = max(SMALLEST_RANGE, (len(tickers) - first) // SHARES)
        last = first + min(size, share)
        yield tuple(tickers[first:last])
        first = last


def _stored_plans(market: MarketDay, first: int = 0) -> Iterator[Plan]:
    number = first
    while (body := market.read(_name(number))) is not None:
        yield Plan.model_validate_json(body)
        number += 1


def _name(number: int) -> str:
    return f"plan/{number:04d}.json"


def _check(plan: Plan, horizons: Sequence[int]) -> None:
    found = (plan.engine, plan.schema_version, plan.horizons)
    if found != (ENGINE, SCHEMA_VERSION, tuple(horizons)):
        raise PlanMismatch(
            f"the run of this date has the engine {plan.engine}, the schema {plan.schema_version} and the horizons "
            f"{', '.join(map(str, plan.horizons))}; --anew removes it first"
        )


def _tasks(plans: Sequence[Plan], day: date) -> Iterator[RangeTask]:
    number = 0
    for plan in plans:
        for tickers in plan.ranges:
            yield RangeTask(day, number, tickers, plan.horizons)
            number += 1
