"""Sums of the track record by kind, model, horizon, target day and status, so that no figure reads every entry.

Each transaction that appends entries updates them. They are whole numbers: the sums of scores are in millionths, the
precision of an outcome. So a sum is exactly that of the entries, in whatever order they came and were corrected.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from common.domain.outcomes import Outcome
from common.domain.track_record import LedgerEntry
from common.sql import schema
from common.sql.schema import COUNTED_LEVELS, PIT_BINS, SUMMED_SCORES

if TYPE_CHECKING:
    from common.sql.drivers.postgresql import Insert

WAITING = "waiting"
"""The status of a forecast without an outcome."""
MILLION = 1_000_000
MOST_MILLIONTHS = 10**15
"""The largest share of one outcome in a sum. Only absurd prices have larger errors, and their sum would overflow."""
_SUMS, _STOCKS, _OUTCOMES = schema.ledger_sums, schema.ledger_stocks, schema.ledger_outcomes
SUM_KEY = ("kind", "model", "days", "target_date", "status")
STOCK_KEY = ("kind", "ticker", "model", "days")
STOCK_FIGURES = ("scored", "inside_80")
FIGURES = (
    "entries",
    *(f"inside_{percent}" for percent in COUNTED_LEVELS),
    *(f"pit_{tenth}" for tenth in range(PIT_BINS)),
    *SUMMED_SCORES,
)
Key = tuple[Any, ...]
"""The values of the columns of :data:`SUM_KEY` or :data:`STOCK_KEY`."""


@dataclass(frozen=True)
class Change:
    """A new status of a forecast: its present outcome, and the one before. None is a forecast that waits or is new.

    Args:
        entry: the forecast.
        outcome: the present outcome; None while there is none.
        before: the outcome before, or :data:`WAITING`; None if the forecast is new.
    """

    entry: LedgerEntry
    outcome: Outcome | None
    before: Outcome | str | None


def apply_changes(connection: sa.Connection, changes: Iterable[Change]) -> None:
    """Add changes to the sums, in the transaction that appends their entries."""
    sums: defaultdict[Key, Counter[str]] = defaultdict(Counter)
    stocks: defaultdict[Key, Counter[str]] = defaultdict(Counter)
    for change in changes:
        entry = change.entry
        for outcome, sign in ((change.before, -1), (change.outcome or WAITING, 1)):
            if outcome is None:
                continue
            status = outcome.status if isinstance(outcome, Outcome) else outcome
            key = (entry.kind, entry.model, entry.days, entry.target_date, status)
            for name, value in figures_of(outcome).items():
                sums[key][name] += sign * value
            if isinstance(outcome, Outcome) and status == "scored":
                of_stock = stocks[entry.kind, entry.ticker, entry.model, entry.days]
                of_stock["scored"] += sign
                of_stock["inside_80"] += sign * int(bool(outcome.inside_80))
    add_sums(connection, _SUMS, SUM_KEY, FIGURES, sums)
    add_sums(connection, _STOCKS, STOCK_KEY, STOCK_FIGURES, stocks)


def figures_of(outcome: Outcome | str) -> dict[str, int]:
    """Return what an outcome adds to the sums."""
    found = dict.fromkeys(FIGURES, 0) | {"entries": 1}
    if isinstance(outcome, str) or outcome.status != "scored":
        return found
    for percent in COUNTED_LEVELS:
        found[f"inside_{percent}"] = int(bool(getattr(outcome, f"inside_{percent}")))
    if outcome.pit is not None:
        reached = [tenth for tenth in range(PIT_BINS) if outcome.pit >= tenth / PIT_BINS]
        found[f"pit_{reached[-1]}"] = 1
    for name in SUMMED_SCORES:
        found[name] = _millionths(getattr(outcome, name.replace("abs_", "")), is_absolute="abs_" in name)
    return found


def _millionths(score: float | None, *, is_absolute: bool) -> int:
    if score is None:
        return 0
    limited = max(-MOST_MILLIONTHS, min(MOST_MILLIONTHS, score * MILLION))
    return round(abs(limited) if is_absolute else limited)


def add_sums(
    connection: sa.Connection,
    table: sa.Table,
    key: Sequence[str],
    names: Sequence[str],
    sums: Mapping[Key, Mapping[str, int]],
) -> None:
    """Add to rows of a table of sums, by their key. Rows that are missing begin with 0."""
    rows = [
        dict(zip(key, values, strict=True)) | {name: added[name] for name in names}
        for values, added in sorted(sums.items())  # the same order in all transactions, which so never lock each other
        if any(added.values())
    ]
    if not rows:
        return
    insert = insert_into(connection, table)
    added = {name: table.c[name] + insert.excluded[name] for name in names}
    connection.execute(insert.on_conflict_do_update(index_elements=list(key), set_=added), rows)


def remove_sums(connection: sa.Connection, kinds: Sequence[str]) -> None:
    """Remove the sums of kinds whose entries are removed."""
    for table in (_SUMS, _STOCKS):
        connection.execute(sa.delete(table).where(table.c.kind.in_(kinds)))


def insert_into(connection: sa.Connection, table: sa.Table) -> Insert | sqlite.Insert:
    """Return an insertion that may update rows instead, for the database of the transaction."""
    if connection.dialect.name != "postgresql":
        return sqlite.insert(table)
    from common.sql.drivers.postgresql import insert  # noqa: PLC0415 - see common.sql.engines.import_driver

    return insert(table)


def is_present() -> sa.ColumnElement[bool]:
    """Return the condition of outcomes that no correction follows."""
    later = _OUTCOMES.alias("later")
    follows = sa.and_(
        later.c.forecast_number == _OUTCOMES.c.forecast_number, later.c.revision == _OUTCOMES.c.revision + 1
    )
    return ~sa.exists().where(follows).correlate(_OUTCOMES)


def figure_columns() -> list[sa.ColumnElement[Any]]:
    """Return the columns of :data:`FIGURES` as sums over outcomes."""
    columns = _OUTCOMES.c
    is_scored = columns.status == "scored"
    counted = {f"inside_{percent}": sa.and_(is_scored, columns[f"inside_{percent}"]) for percent in COUNTED_LEVELS}
    at_least = [columns.pit >= tenth / PIT_BINS for tenth in range(PIT_BINS)]
    for tenth, (reached, following) in enumerate(pairwise([*at_least, sa.false()])):
        counted[f"pit_{tenth}"] = sa.and_(is_scored, reached, ~following)
    return [
        sa.func.count().label("entries"),
        *(sa.func.sum(sa.case((condition, 1), else_=0)).label(name) for name, condition in counted.items()),
        *(sa.func.sum(sa.case((is_scored, _in_millionths(name)), else_=0)).label(name) for name in SUMMED_SCORES),
    ]


def _in_millionths(name: str) -> sa.ColumnElement[Any]:
    score = _OUTCOMES.c[name.replace("abs_", "")] * MILLION
    limited = sa.case(
        (score > MOST_MILLIONTHS, MOST_MILLIONTHS), (score < -MOST_MILLIONTHS, -MOST_MILLIONTHS), else_=score
    )
    whole = sa.cast(sa.func.round(limited), sa.BigInteger)
    return sa.func.abs(whole) if "abs_" in name else whole
