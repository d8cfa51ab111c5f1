"""Watchlists: named lists of stocks, each with a question, a note and a price of interest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from common.sql import schema

MOST_WATCHLISTS = 50
"""The most lists of an account."""
MOST_ITEMS = 200
"""The most stocks of a list."""


class NameTaken(Exception):
    """Another list of the account has this name."""


class ListFull(Exception):
    """The account has the most lists, or the list the most stocks."""


class NoSuchWatchlist(Exception):
    """The account has no list with this id."""


@dataclass(frozen=True)
class WatchlistItem:
    """A stock of a list. ``chance_above`` is the price whose probability the list shows."""

    ticker: str
    days: int
    level: float
    model: str
    note: str = ""
    chance_above: float | None = None


@dataclass(frozen=True)
class Watchlist:
    """A list with its stocks in order."""

    id: str
    name: str
    created_at: datetime
    updated_at: datetime
    items: tuple[WatchlistItem, ...] = ()


@dataclass(frozen=True)
class WatchlistEdit:
    """A change of a list. None keeps what it is.

    Args:
        name: the new name.
        order: the tickers to put first. Unknown ones have no effect, and the other stocks keep their order.
    """

    name: str | None = None
    order: Sequence[str] | None = None


def list_watchlists(connection: sa.Connection, account_id: str) -> list[Watchlist]:
    """Return the lists of an account with their stocks, in order."""
    lists, items = schema.watchlists.c, schema.watchlist_items.c
    owned = sa.select(schema.watchlists).where(lists.account_id == account_id).order_by(lists.position, lists.id)
    chosen = (
        sa.select(schema.watchlist_items)
        .join_from(schema.watchlist_items, schema.watchlists)
        .where(lists.account_id == account_id)
        .order_by(items.position, items.ticker)
    )
    stocks: dict[str, list[WatchlistItem]] = {}
    for row in connection.execute(chosen).mappings():
        stocks.setdefault(row["watchlist_id"], []).append(_make_item(row))
    return [_make_list(row, stocks.get(row["id"], ())) for row in connection.execute(owned).mappings()]


def read_watchlist(connection: sa.Connection, account_id: str, list_id: str) -> Watchlist:
    """Return a list of an account.

    Raises:
        NoSuchWatchlist: the account has no list with this id.
    """
    lists, items = schema.watchlists.c, schema.watchlist_items.c
    owned = sa.select(schema.watchlists).where(lists.account_id == account_id, lists.id == list_id)
    row = connection.execute(owned).mappings().one_or_none()
    if row is None:
        raise NoSuchWatchlist
    chosen = sa.select(schema.watchlist_items).where(items.watchlist_id == list_id)
    rows = connection.execute(chosen.order_by(items.position, items.ticker)).mappings()
    return _make_list(row, [_make_item(each) for each in rows])


def create_watchlist(connection: sa.Connection, account_id: str, name: str, now: datetime) -> Watchlist:
    """Create an empty list behind the others.

    Raises:
        NameTaken: another list of the account has this name.
        ListFull: the account has the most lists.
    """
    _lock_account(connection, account_id)
    existing = list_watchlists(connection, account_id)
    if len(existing) >= MOST_WATCHLISTS:
        raise ListFull
    if name in {each.name for each in existing}:
        raise NameTaken
    created = Watchlist(str(uuid4()), name, now, now)
    values = {"id": created.id, "account_id": account_id, "name": name, "created_at": now, "updated_at": now}
    last = sa.select(sa.func.max(schema.watchlists.c.position)).where(schema.watchlists.c.account_id == account_id)
    position = (connection.execute(last).scalar() or 0) + 1
    connection.execute(sa.insert(schema.watchlists).values(values | {"position": position}))
    return created


def edit_watchlist(
    connection: sa.Connection, account_id: str, list_id: str, edit: WatchlistEdit, now: datetime
) -> Watchlist:
    """Give a list another name, and put its stocks in another order.

    Raises:
        NoSuchWatchlist: the account has no list with this id.
        NameTaken: another list of the account has this name.
    """
    _lock_account(connection, account_id)
    others = [each for each in list_watchlists(connection, account_id) if each.id != list_id]
    if edit.name in {each.name for each in others}:
        raise NameTaken
    _touch(connection, account_id, list_id, now, **({} if edit.name is None else {"name": edit.name}))
    stored = read_watchlist(connection, account_id, list_id)
    if edit.order is None:
        return stored
    places = {ticker: place for place, ticker in enumerate(edit.order)}
    ordered = sorted(stored.items, key=lambda item: places.get(item.ticker, len(places)))
    _write_items(connection, stored, ordered, now)
    return replace(stored, items=tuple(ordered))


def delete_watchlist(connection: sa.Connection, account_id: str, list_id: str) -> None:
    """Delete a list with its stocks.

    Raises:
        NoSuchWatchlist: the account has no list with this id.
    """
    lists = schema.watchlists
    chosen = sa.delete(lists).where(lists.c.account_id == account_id, lists.c.id == list_id)
    if connection.execute(chosen).rowcount == 0:
        raise NoSuchWatchlist


def put_items(
    connection: sa.Connection, account_id: str, list_id: str, items: Iterable[WatchlistItem], now: datetime
) -> Watchlist:
    """Add stocks behind the others; a stock that the list has is replaced at its place.

    Raises:
        NoSuchWatchlist: the account has no list with this id.
        ListFull: the list would have more than :data:`MOST_ITEMS` stocks; nothing is changed.
    """
    _touch(connection, account_id, list_id, now)
    stored = read_watchlist(connection, account_id, list_id)
    merged = {item.ticker: item for item in stored.items} | {item.ticker: item for item in items}
    if len(merged) > MOST_ITEMS:
        raise ListFull
    _write_items(connection, stored, merged.values(), now)
    return replace(stored, items=tuple(merged.values()))


def remove_item(connection: sa.Connection, account_id: str, list_id: str, ticker: str, now: datetime) -> bool:
    """Remove a stock from a list. Return whether the list had it.

    Raises:
        NoSuchWatchlist: the account has no list with this id.
    """
    _touch(connection, account_id, list_id, now)
    items = schema.watchlist_items
    chosen = sa.delete(items).where(items.c.watchlist_id == list_id, items.c.ticker == ticker)
    return connection.execute(chosen).rowcount == 1


def _touch(connection: sa.Connection, account_id: str, list_id: str, now: datetime, **values: object) -> None:
    """Write the time of a change, which also makes other changes of the list wait until this one ends."""
    lists = schema.watchlists
    chosen = sa.update(lists).where(lists.c.account_id == account_id, lists.c.id == list_id)
    if connection.execute(chosen.values(updated_at=now, **values)).rowcount == 0:
        raise NoSuchWatchlist


def _lock_account(connection: sa.Connection, account_id: str) -> None:
    """Make other changes of the account's lists wait; on SQLite a transaction that writes does so anyway."""
    chosen = sa.select(schema.accounts.c.id).where(schema.accounts.c.id == account_id).with_for_update()
    connection.execute(chosen)


def _write_items(connection: sa.Connection, stored: Watchlist, items: Iterable[WatchlistItem], now: datetime) -> None:
    """Replace the stocks of a list; those that it had keep the time at which they were added."""
    table = schema.watchlist_items
    chosen = sa.select(table.c.ticker, table.c.added_at).where(table.c.watchlist_id == stored.id)
    added = {row.ticker: row.added_at for row in connection.execute(chosen)}
    connection.execute(sa.delete(table).where(table.c.watchlist_id == stored.id))
    rows = [
        vars(item) | {"watchlist_id": stored.id, "position": position, "added_at": added.get(item.ticker, now)}
        for position, item in enumerate(items)
    ]
    if rows:
        connection.execute(sa.insert(table), rows)


def _make_list(row: Mapping[Any, Any], items: Iterable[WatchlistItem]) -> Watchlist:
    return Watchlist(row["id"], row["name"], row["created_at"], row["updated_at"], tuple(items))


def _make_item(row: Mapping[Any, Any]) -> WatchlistItem:
    names = WatchlistItem.__dataclass_fields__
    return WatchlistItem(**{name: row[name] for name in names})
