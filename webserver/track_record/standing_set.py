"""The standing set: the stocks that are forecast every evening."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from common.domain.errors import InvalidRequest
from common.sql.repositories import standing_set
from common.sql.repositories.standing_set import MOST_STOCKS, StandingSetFull, StandingStock
from common.sql.store import SqlStore


class StandingSet:
    """The standing set in the SQL store.

    Args:
        store: the SQL store.
        now: the clock.
    """

    def __init__(self, store: SqlStore, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    def list_all(self) -> list[StandingStock]:
        """Return the stocks of the set, by ticker."""
        return self._store.read(standing_set.list_standing_set)

    def add(self, tickers: Sequence[str]) -> list[str]:
        """Add stocks, and return those that the set lacked. Raises InvalidRequest if it would have too many."""
        now = self._now()
        try:
            return self._store.transaction(
                lambda connection: standing_set.add_to_standing_set(connection, tickers, now)
            )
        except StandingSetFull:
            detail = f"The standing set has at most {MOST_STOCKS} stocks. Remove some first."
            raise InvalidRequest(detail) from None

    def remove(self, tickers: Sequence[str]) -> int:
        """Remove stocks, and return how many of them the set had."""
        return self._store.transaction(lambda connection: standing_set.remove_from_standing_set(connection, tickers))
