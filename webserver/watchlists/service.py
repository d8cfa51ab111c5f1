"""Reads and changes the watchlists of an account, and adds the latest closes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from common.domain.errors import Busy, InvalidRequest, NotFound
from common.sql.repositories import watchlists
from common.sql.repositories.watchlists import MOST_ITEMS, MOST_WATCHLISTS, Watchlist, WatchlistEdit, WatchlistItem
from common.sql.store import SqlStore, Work
from webserver.stocks.closes import Closes
from webserver.stocks.recent_closes import RecentCloses
from webserver.watchlists.models import LatestClose

T = TypeVar("T")
NO_LIST = "There is no such watchlist. Choose one of GET /api/v1/watchlists."
TAKEN = "Another watchlist has this name. Choose a different one."
FULL = f"An account has at most {MOST_WATCHLISTS} watchlists of {MOST_ITEMS} stocks. Remove some first."


class WatchlistService:
    """The watchlists of accounts.

    Args:
        store: the SQL store.
        closes: the closes of stored stocks.
        now: the clock. It may use a connection of the present thread, so it is read before a transaction, whose work
            runs in another thread.
    """

    def __init__(self, store: SqlStore, closes: RecentCloses, now: Callable[[], datetime]) -> None:
        self._store = store
        self._closes = closes
        self._now = now

    def list_all(self, account_id: str) -> list[Watchlist]:
        """Return the lists of an account in order."""
        return self._store.read(lambda connection: watchlists.list_watchlists(connection, account_id))

    def read(self, account_id: str, list_id: str) -> Watchlist:
        """Return a list; raise NotFound if the account has none with this id."""
        with _failures():
            return self._store.read(lambda connection: watchlists.read_watchlist(connection, account_id, list_id))

    def create(self, account_id: str, name: str) -> Watchlist:
        """Create an empty list; raise InvalidRequest if the name is taken or the account has the most lists."""
        now = self._now()
        return self._change(lambda connection: watchlists.create_watchlist(connection, account_id, name, now))

    def edit(self, account_id: str, list_id: str, edit: WatchlistEdit) -> Watchlist:
        """Rename a list, and put its stocks in another order."""
        now = self._now()
        return self._change(lambda connection: watchlists.edit_watchlist(connection, account_id, list_id, edit, now))

    def delete(self, account_id: str, list_id: str) -> None:
        """Delete a list."""
        self._change(lambda connection: watchlists.delete_watchlist(connection, account_id, list_id))

    def put(self, account_id: str, list_id: str, items: list[WatchlistItem]) -> Watchlist:
        """Add stocks to a list, or replace those that it has."""
        now = self._now()
        return self._change(lambda connection: watchlists.put_items(connection, account_id, list_id, items, now))

    def remove(self, account_id: str, list_id: str, ticker: str) -> None:
        """Remove a stock from a list; raise NotFound if the list does not have it."""
        now = self._now()
        was_there = self._change(
            lambda connection: watchlists.remove_item(connection, account_id, list_id, ticker, now)
        )
        if not was_there:
            raise NotFound(f"{ticker} is not in this watchlist.")

    def latest(self, ticker: str) -> LatestClose | None:
        """Return the latest close of a stock; None where its prices are not stored or cannot be read now."""
        try:
            return _latest(self._closes.read(ticker))
        except (NotFound, Busy):
            return None

    def _change(self, work: Work[T]) -> T:
        with _failures():
            return self._store.transaction(work)


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except watchlists.NoSuchWatchlist as exc:
        raise NotFound(NO_LIST) from exc
    except watchlists.NameTaken as exc:
        raise InvalidRequest(TAKEN) from exc
    except watchlists.ListFull as exc:
        raise InvalidRequest(FULL) from exc


def _latest(closes: Closes) -> LatestClose:
    move, usual = closes.last_move, closes.usual_move
    return LatestClose(
        currency=closes.currency,
        last=closes.last_day,
        last_close=closes.last,
        change_pct=None if move is None else round(100 * (closes.values[-1] / closes.values[-2] - 1), 4),
        usual_moves=round(abs(move) / usual, 2) if move is not None and usual else None,
    )
