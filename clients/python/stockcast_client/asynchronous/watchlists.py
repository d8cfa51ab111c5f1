"""Watchlists."""

from __future__ import annotations

from collections.abc import Sequence

from stockcast_client.asynchronous.transport import AsyncTransport
from stockcast_client.core.calls import content_of, model_of, path_of
from stockcast_client.core.exchange import HttpCall
from stockcast_client.core.questions import given
from stockcast_client.models.generated import Watchlists, WatchlistSummary
from stockcast_client.results.stocks import Watchlist


class AsyncWatchlistCalls(AsyncTransport):
    """Watchlists."""

    async def watchlists(self) -> list[WatchlistSummary]:
        """Return the lists with their names and tickers."""
        call = HttpCall("GET", path_of("watchlists"))
        return (await self._run(model_of(call, self._patience, Watchlists))).watchlists

    async def watchlist(self, watchlist_id: str) -> Watchlist:
        """Return a list with its stocks and their latest closes."""
        call = HttpCall("GET", path_of("watchlists", watchlist_id), names_a_thing=True)
        return await self._run(model_of(call, self._patience, Watchlist))

    async def create_watchlist(self, name: str) -> Watchlist:
        """Create a list. After a lost connection it may exist, so this call is not repeated."""
        call = HttpCall("POST", path_of("watchlists"), body={"name": name}, is_repeatable=False)
        return await self._run(model_of(call, self._patience, Watchlist))

    async def change_watchlist(
        self, watchlist_id: str, *, name: str | None = None, order: Sequence[str] | None = None
    ) -> Watchlist:
        """Rename a list, or put its stocks in another order."""
        body = given(name=name, order=list(order) if order is not None else None)
        call = HttpCall("PATCH", path_of("watchlists", watchlist_id), body=body, names_a_thing=True)
        return await self._run(model_of(call, self._patience, Watchlist))

    async def delete_watchlist(self, watchlist_id: str) -> None:
        """Delete a list."""
        call = HttpCall("DELETE", path_of("watchlists", watchlist_id), names_a_thing=True)
        await self._run(content_of(call, self._patience))

    async def watch(
        self,
        watchlist_id: str,
        ticker: str,
        *,
        days: int | None = None,
        level: float | None = None,
        model: str | None = None,
        note: str | None = None,
        chance_above: float | None = None,
    ) -> None:
        """Add a stock to a list, or replace its question and note."""
        path = path_of("watchlists", watchlist_id, "stocks", ticker)
        body = given(days=days, level=level, model=model, note=note, chance_above=chance_above)
        await self._run(content_of(HttpCall("PUT", path, body=body, names_a_thing=True), self._patience))

    async def unwatch(self, watchlist_id: str, ticker: str) -> None:
        """Remove a stock from a list."""
        path = path_of("watchlists", watchlist_id, "stocks", ticker)
        await self._run(content_of(HttpCall("DELETE", path, names_a_thing=True), self._patience))
