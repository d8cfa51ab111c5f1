"""The kept sums of the track record against its entries: finds each difference, and makes the sums anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, get_args

import sqlalchemy as sa

from common.domain.track_record import REPLAYS, Kind
from common.sql import schema
from common.sql.repositories.ledger.chain import CHAINS, REPLAY_CHAINS, Chain, ChainName
from common.sql.repositories.ledger.stocks import list_tickers
from common.sql.repositories.ledger.sums import (
    FIGURES,
    STOCK_FIGURES,
    STOCK_KEY,
    SUM_KEY,
    WAITING,
    Key,
    add_sums,
    figure_columns,
    is_present,
)

STOCKS_AT_ONCE = 50
"""The stocks whose entries one statement counts: each statement has a time limit."""
_SUMS, _STOCKS = schema.ledger_sums, schema.ledger_stocks
_OUTCOMES, _DUE = schema.ledger_outcomes, schema.ledger_due
Figures = dict[Key, dict[str, int]]
"""Sums by their key. Sums of which all are 0 are left out."""


@dataclass(frozen=True)
class SumsOfDay:
    """The sums of the forecasts of a kind for a target day."""

    kind: str
    target_day: date
    table: ClassVar[sa.Table] = _SUMS
    key: ClassVar[tuple[str, ...]] = SUM_KEY
    names: ClassVar[tuple[str, ...]] = FIGURES

    @property
    def is_kept(self) -> sa.ColumnElement[bool]:
        """The condition of the rows of these sums."""
        return sa.and_(_SUMS.c.kind == self.kind, _SUMS.c.target_date == self.target_day)

    def count(self, connection: sa.Connection) -> Figures:
        """Return the sums as the entries have them."""
        columns, forecasts = _OUTCOMES.c, schema.ledger_forecasts.c
        outcomes = (
            sa.select(columns.model, columns.days, columns.status, *figure_columns())
            .where(columns.kind == self.kind, columns.target_date == self.target_day, is_present())
            .group_by(columns.model, columns.days, columns.status)
        )
        waiting = (
            sa.select(forecasts.model, forecasts.days, sa.func.count().label("entries"))
            .join_from(_DUE, schema.ledger_forecasts, _DUE.c.forecast_number == forecasts.number)
            .where(_DUE.c.target_date == self.target_day, forecasts.kind == self.kind)
            .group_by(forecasts.model, forecasts.days)
        )
        rows = [*connection.execute(outcomes).mappings()]
        rows += [{**row, "status": WAITING} for row in connection.execute(waiting).mappings()]
        return {
            (self.kind, row["model"], row["days"], self.target_day, row["status"]): {
                name: int(row.get(name) or 0) for name in FIGURES
            }
            for row in rows
        }


@dataclass(frozen=True)
class CountsOfStocks:
    """The numbers of scored forecasts of some stocks, and of those inside the range of 80 %."""

    tickers: tuple[str, ...]
    table: ClassVar[sa.Table] = _STOCKS
    key: ClassVar[tuple[str, ...]] = STOCK_KEY
    names: ClassVar[tuple[str, ...]] = STOCK_FIGURES

    @property
    def is_kept(self) -> sa.ColumnElement[bool]:
        """The condition of the rows of these numbers."""
        return _STOCKS.c.ticker.in_(self.tickers)

    def count(self, connection: sa.Connection) -> Figures:
        """Return the numbers as the entries have them."""
        columns = [_OUTCOMES.c[name] for name in STOCK_KEY]
        counted = (
            sa.select(
                *columns,
                sa.func.count().label("scored"),
                sa.func.sum(sa.case((_OUTCOMES.c.inside_80, 1), else_=0)).label("inside_80"),
            )
            .where(_OUTCOMES.c.ticker.in_(self.tickers), _OUTCOMES.c.status == "scored", is_present())
            .group_by(*columns)
        )
        return {
            _key(self.key, row): {name: int(row[name]) for name in STOCK_FIGURES}
            for row in connection.execute(counted).mappings()
        }


Part = SumsOfDay | CountsOfStocks
"""The sums that are compared or made anew at once."""


def list_parts(connection: sa.Connection) -> list[Part]:
    """Return all parts, of which the entries or the kept sums have something."""
    kept = connection.execute(sa.select(_SUMS.c.kind, _SUMS.c.target_date).distinct()).all()
    counted = {(kind, day) for kind in get_args(Kind) for day in _list_target_days(connection, kind)}
    tickers = connection.execute(sa.select(_STOCKS.c.ticker).distinct()).scalars()
    stocks = sorted({*tickers, *list_tickers(connection)})
    chunks = (tuple(stocks[start : start + STOCKS_AT_ONCE]) for start in range(0, len(stocks), STOCKS_AT_ONCE))
    days = sorted({(kind, day) for kind, day in kept} | counted)
    return [*(SumsOfDay(kind, day) for kind, day in days), *(CountsOfStocks(chunk) for chunk in chunks)]


def count_differences(connection: sa.Connection, part: Part) -> list[str]:
    """Return a sentence for each kept sum that differs from the entries."""
    kept, counted = read_kept(connection, part), part.count(connection)
    nothing = dict.fromkeys(part.names, 0)
    return [
        f"{name} of {_words(part, key)} is {before}, but {now} by the entries"
        for key in sorted({*kept, *counted})
        for name, now in counted.get(key, nothing).items()
        if (before := kept.get(key, nothing)[name]) != now
    ]


def recount(connection: sa.Connection, part: Part) -> None:
    """Make a part anew from the entries. It waits for transactions that append entries, and these wait for it."""
    for name in _chains(part):
        Chain(connection, name)
    connection.execute(sa.delete(part.table).where(part.is_kept))
    add_sums(connection, part.table, part.key, part.names, part.count(connection))


def _chains(part: Part) -> tuple[ChainName, ...]:
    if isinstance(part, CountsOfStocks):
        return (*CHAINS, *REPLAY_CHAINS)
    return REPLAY_CHAINS if part.kind in REPLAYS else CHAINS


def read_kept(connection: sa.Connection, part: Part) -> Figures:
    """Return the kept sums of a part."""
    rows = connection.execute(sa.select(part.table).where(part.is_kept)).mappings()
    found = {_key(part.key, row): {name: row[name] for name in part.names} for row in rows}
    return {key: figures for key, figures in found.items() if any(figures.values())}


def _key(names: Sequence[str], row: sa.RowMapping) -> Key:
    return tuple(row[name] for name in names)


def _words(part: Part, key: Key) -> str:
    return ", ".join(f"{name} {value}" for name, value in zip(part.key, key, strict=True))


def _list_target_days(connection: sa.Connection, kind: str) -> list[date]:
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
