"""The board of the market and the track record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from stockcast_client.asynchronous.transport import AsyncTransport
from stockcast_client.core.calls import model_of, next_call, path_of
from stockcast_client.core.exchange import HttpCall
from stockcast_client.core.questions import as_list, given
from stockcast_client.models.generated import MarketMovers, TrackRecord
from stockcast_client.results.stocks import Board, PastForecasts


class AsyncRecordCalls(AsyncTransport):
    """The board of the market and the track record."""

    async def market(
        self,
        *,
        filters: Sequence[str] = (),
        q: str | None = None,
        tickers: Sequence[str] = (),
        sort: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Board:
        """Return a page of the board of the nightly run.

        Args:
            filters: conditions such as ``usual_moves>3``, which all have to be met.
            q: the beginning of a ticker, or a part of a company name.
            tickers: these stocks only.
            sort: a column; ``-`` before it means descending.
            limit: the rows of a page, 1 to 500.
            cursor: ``next_cursor`` of the page before.

        Raises:
            NoMarketBoard: no nightly run has ended yet.
        """
        named = ",".join(as_list(tickers)) or None
        params = given(filter=as_list(filters) or None, q=q, tickers=named, sort=sort, limit=limit, cursor=cursor)
        return await self._run(model_of(HttpCall("GET", path_of("market"), params), self._patience, Board))

    async def movers(self, limit: int | None = None) -> MarketMovers:
        """Return the stocks with the most unusual moves of the nightly run.

        Raises:
            NoMarketBoard: no nightly run has ended yet.
        """
        call = HttpCall("GET", path_of("market", "movers"), given(limit=limit))
        return await self._run(model_of(call, self._patience, MarketMovers))

    async def track_record(
        self,
        *,
        ticker: str | None = None,
        days: int | None = None,
        horizon: int | None = None,
        model: str | None = None,
        start: date | str | None = None,
        end: date | str | None = None,
        kind: str | None = None,
    ) -> TrackRecord:
        """Return how past forecasts came out. The API's page explains the arguments."""
        params = given(ticker=ticker, days=days, horizon=horizon, model=model, start=start, end=end, kind=kind)
        return await self._run(model_of(HttpCall("GET", path_of("track-record"), params), self._patience, TrackRecord))

    async def past_forecasts(
        self,
        *,
        ticker: str | None = None,
        days: int | None = None,
        kind: str | None = None,
        following: PastForecasts | None = None,
    ) -> PastForecasts | None:
        """Return a page of recorded forecasts, the newest first; None after the last page.

        Args:
            ticker: the stock.
            days: the horizon in calendar days.
            kind: ``live`` (the default), ``sample``, ``uploaded``, ``stale``, ``replay`` or ``replay_sample``.
            following: the page before.
        """
        call = HttpCall("GET", path_of("track-record", "forecasts"), given(ticker=ticker, days=days, kind=kind))
        if following is not None:
            if not following.next:
                return None
            call = next_call(call, following.next)
        return await self._run(model_of(call, self._patience, PastForecasts))

    async def largest_misses(self, *, ticker: str | None = None, kind: str | None = None) -> PastForecasts:
        """Return the ten scored forecasts with the largest errors."""
        call = HttpCall("GET", path_of("track-record", "misses"), given(ticker=ticker, kind=kind))
        return await self._run(model_of(call, self._patience, PastForecasts))
