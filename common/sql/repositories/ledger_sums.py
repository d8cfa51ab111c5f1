"""Sums of the track record by kind, model, horizon, target day and status, so that no figure reads every entry.

Each transaction that appends entries updates them. They are whole numbers: the sums of scores are in millionths, the
precision of an outcome. So a sum is exactly that of the entries, in whatever order they came and were corrected.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, get_args

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from common.domain.outcomes import Outcome
from common.domain.track_record import Kind, LedgerEntry
from common.sql import schema
from common.sql.schema import COUNTED_LEVELS, PIT_BINS, SUMMED_SCORES

WAITING = "waiting"
"""The status of a forecast without an outcome."""
MILLION = 1_000_000
MOST_MILLIONTHS = 10**15
"""The largest share of one outcome in a sum. Only absurd prices have larger errors, and their sum would overflow."""
_SUMS, _STOCKS, _OUTCOMES, _DUE = (
    *(schema.ledger_sums, schema.ledger_stocks),
    *(schema.ledger_outcomes, schema.ledger_due),
)
_KEY = ("kind", "model", "days", "target_date", "status")
_STOCK_KEY = ("kind", "ticker", "model", "days")
FIGURES = (
    "entries",
    *(f"inside_{percent}" for percent in COUNTED_LEVELS),
    *(f"pit_{tenth}" for tenth in range(PIT_BINS)),
    *SUMMED_SCORES,
)
_Key = tuple[Any, ...]


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
    sums: defaultdict[_Key, Counter[str]] = defaultdict(Counter)
    stocks: defaultdict[_Key, Counter[str]] = defaultdict(Counter)
    for change in changes:
        entry = change.entry
        for outcome, sign in ((change.before, -1), (change.outcome or WAITING, 1)):
            if outcome is None:
                continue
            status = outcome.status if isinstance(outcome, Outcome) else outcome
            key = (entry.kind, entry.model, entry.days, entry.target_date, status)
            for name, value in figures_of(outcome).items():
                sums[key][name] += sign * value
            if status == "scored":
                stocks[entry.kind, entry.ticker, entry.model, entry.days]["scored"] += sign
    _add(connection, _SUMS, _KEY, FIGURES, sums)
    _add(connection, _STOCKS, _STOCK_KEY, ("scored",), stocks)


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


def _add(
    connection: sa.Connection,
    table: sa.Table,
    key: Sequence[str],
    names: Sequence[str],
    sums: Mapping[_Key, Mapping[str, int]],
) -> None:
    rows = [
        dict(zip(key, values, strict=True)) | {name: added[name] for name in names}
        for values, added in sorted(sums.items())  # the same order in all transactions, which so never lock each other
        if any(added.values())
    ]
    if not rows:
        return
    insert = _insert(connection, table)
    added = {name: table.c[name] + insert.excluded[name] for name in names}
    connection.execute(insert.on_conflict_do_update(index_elements=list(key), set_=added), rows)


def remove_sums(connection: sa.Connection, kinds: Sequence[str]) -> None:
    """Remove the sums of kinds whose entries are removed."""
    for table in (_SUMS, _STOCKS):
        connection.execute(sa.delete(table).where(table.c.kind.in_(kinds)))


def rebuild_sums(connection: sa.Connection) -> None:
    """Make all sums anew from the entries. No other transaction may append entries meanwhile."""
    for table in (_SUMS, _STOCKS):
        connection.execute(sa.delete(table))
    for kind in get_args(Kind):
        for day in list_target_days(connection, kind):  # one day a statement: each has a time limit
            _add(connection, _SUMS, _KEY, FIGURES, count_again(connection, kind, day))
            _add_stocks(connection, kind, day)


def _add_stocks(connection: sa.Connection, kind: str, target_day: date) -> None:
    columns = [_OUTCOMES.c[name] for name in _STOCK_KEY]
    is_scored = (_OUTCOMES.c.status == "scored", is_present())
    chosen = sa.select(*columns, sa.func.count()).where(
        _OUTCOMES.c.kind == kind, _OUTCOMES.c.target_date == target_day, *is_scored
    )
    insert = _insert(connection, _STOCKS)
    added = insert.from_select([*_STOCK_KEY, "scored"], chosen.group_by(*columns))
    connection.execute(
        added.on_conflict_do_update(
            index_elements=list(_STOCK_KEY), set_={"scored": _STOCKS.c.scored + insert.excluded.scored}
        )
    )


def _insert(connection: sa.Connection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def list_target_days(connection: sa.Connection, kind: str) -> list[date]:
    """Return the target days of the outcomes of a kind, and of all forecasts that wait."""
    due = connection.execute(sa.select(_DUE.c.target_date).distinct()).scalars()
    found, last = set(due), date.min
    while True:
        following = sa.select(sa.func.min(_OUTCOMES.c.target_date))
        day = connection.execute(
            following.where(_OUTCOMES.c.kind == kind, _OUTCOMES.c.target_date > last)
        ).scalar_one_or_none()
        if day is None:
            return sorted(found)
        found.add(day)
        last = day


def count_again(connection: sa.Connection, kind: str, target_day: date) -> dict[_Key, dict[str, int]]:
    """Return the sums of a target day as its entries have them, by the key of a sum."""
    columns, forecasts = _OUTCOMES.c, schema.ledger_forecasts.c
    outcomes = (
        sa.select(columns.model, columns.days, columns.status, *figure_columns())
        .where(columns.kind == kind, columns.target_date == target_day, is_present())
        .group_by(columns.model, columns.days, columns.status)
    )
    waiting = (
        sa.select(forecasts.model, forecasts.days, sa.func.count().label("entries"))
        .join_from(_DUE, schema.ledger_forecasts, _DUE.c.forecast_number == forecasts.number)
        .where(_DUE.c.target_date == target_day, forecasts.kind == kind)
        .group_by(forecasts.model, forecasts.days)
    )
    rows = [*connection.execute(outcomes).mappings()]
    rows += [{**row, "status": WAITING} for row in connection.execute(waiting).mappings()]
    return {
        (kind, row["model"], row["days"], target_day, row["status"]): {
            name: int(row.get(name) or 0) for name in FIGURES
        }
        for row in rows
    }


def read_sums(connection: sa.Connection, kind: str, target_day: date) -> dict[_Key, dict[str, int]]:
    """Return the kept sums of a target day that count entries, by their key."""
    chosen = sa.select(_SUMS).where(_SUMS.c.kind == kind, _SUMS.c.target_date == target_day, _SUMS.c.entries != 0)
    return {
        tuple(row[name] for name in _KEY): {name: row[name] for name in FIGURES}
        for row in connection.execute(chosen).mappings()
    }


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
