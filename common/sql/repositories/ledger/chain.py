"""The chains of the track record: each entry has the hash of the one before, so that a change or a deletion shows.

The replay is a ledger of its own in the same tables: its chains are other ones, its entries have numbers after
:data:`REPLAY_START`, and their kinds occur in no entry of the record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import sqlalchemy as sa

from common.sql import schema

ChainName = Literal["forecasts", "outcomes", "replayed_forecasts", "replayed_outcomes"]
GENESIS = "0" * 64
"""The hash before the first entry."""
REPLAY_START = 10**12
"""The number before the first entry of the replay. The record never has as many entries."""
CHAINS: tuple[ChainName, ...] = ("forecasts", "outcomes")
"""The chains of the record."""
REPLAY_CHAINS: tuple[ChainName, ...] = ("replayed_forecasts", "replayed_outcomes")
_PAGE = 1000
_TABLES: Mapping[ChainName, sa.Table] = {
    "forecasts": schema.ledger_forecasts,
    "outcomes": schema.ledger_outcomes,
    "replayed_forecasts": schema.ledger_forecasts,
    "replayed_outcomes": schema.ledger_outcomes,
}


@dataclass(frozen=True)
class Head:
    """The last entry of a chain: its number and its hash."""

    number: int
    chain_hash: str

    @property
    def entries(self) -> int:
        """The number of entries."""
        return self.number - REPLAY_START if self.number >= REPLAY_START else self.number


@dataclass(frozen=True)
class ChainEntry:
    """A new entry: its content, the hash of the content, and the columns by which it is selected."""

    content: str
    hash: str
    columns: Mapping[str, Any]


class Chain:
    """Appends entries to a chain, within one transaction that may write.

    Transactions that append to the same chain wait for each other: PostgreSQL locks the row of the chain's head, and
    SQLite has one writing transaction at a time.
    """

    def __init__(self, connection: sa.Connection, name: ChainName) -> None:
        """Wait for other transactions, and read the chain's head."""
        self._connection = connection
        self._name = name
        heads = schema.ledger_heads
        found = sa.select(heads.c.number, heads.c.chain_hash).where(heads.c.chain == name).with_for_update()
        self._head = Head(*connection.execute(found).one())

    def append(self, entries: Sequence[ChainEntry], now: datetime) -> list[int]:
        """Append entries, and return their numbers. No entry may have the content of an earlier one."""
        rows = []
        for entry in entries:
            number = self._head.number + 1
            row = {**entry.columns, "number": number, "hash": entry.hash, "content": entry.content, "recorded_at": now}
            row["chain_hash"] = chain_hash(self._head.chain_hash, row)
            rows.append(row)
            self._head = Head(number, row["chain_hash"])
        if rows:
            self._connection.execute(sa.insert(_TABLES[self._name]), rows)
            heads = schema.ledger_heads
            self._connection.execute(sa.update(heads).where(heads.c.chain == self._name).values(**vars(self._head)))
        return [row["number"] for row in rows]


def chain_hash(previous: str, row: Mapping[str, Any]) -> str:
    """Return the hash of an entry with all before it. It covers the content and the times of the row."""
    times = [row[name].astimezone(UTC).isoformat() for name in ("made_at", "recorded_at") if name in row]
    return hashlib.sha256("\n".join([previous, str(row["number"]), row["hash"], *times]).encode()).hexdigest()


def read_head(connection: sa.Connection, name: ChainName) -> Head:
    """Return the head of a chain."""
    heads = schema.ledger_heads
    found = sa.select(heads.c.number, heads.c.chain_hash).where(heads.c.chain == name)
    return Head(*connection.execute(found).one())


def read_chain(connection: sa.Connection, name: ChainName, until: int) -> Iterator[list[Mapping[str, Any]]]:
    """Yield the rows of a chain in order, up to a number, in pages. No page is empty."""
    table, after = _TABLES[name], number_before(name)
    while True:
        chosen = sa.select(table).where(table.c.number > after, table.c.number <= until)
        rows = connection.execute(chosen.order_by(table.c.number).limit(_PAGE)).mappings().all()
        if rows:
            yield [dict(row) for row in rows]
        if len(rows) < _PAGE:
            return
        after = rows[-1]["number"]


def number_before(name: ChainName) -> int:
    """Return the number before that of the first entry of a chain."""
    return REPLAY_START if name in REPLAY_CHAINS else 0


def count_after(connection: sa.Connection, name: ChainName, number: int) -> int:
    """Return the number of rows behind a chain's head. There are none unless somebody has added them by hand."""
    table = _TABLES[name]
    counted = sa.select(sa.func.count()).select_from(table).where(table.c.number > number, is_of(table, name))
    return int(connection.execute(counted).scalar_one())


def is_of(table: sa.Table, name: ChainName) -> sa.ColumnElement[bool]:
    """Return the condition of the rows of a table that are entries of a chain."""
    return table.c.number > REPLAY_START if name in REPLAY_CHAINS else table.c.number <= REPLAY_START
