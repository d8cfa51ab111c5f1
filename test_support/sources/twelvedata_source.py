"""A source of hourly bars in the form that Twelve Data documents: https://twelvedata.com/docs#time-series."""

from __future__ import annotations

import json
import threading
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler
from zoneinfo import ZoneInfo

from common.domain.markets.exchanges import NEW_YORK
from common.domain.markets.trading_calendars import session_closes
from test_support.network.http_server import serving
from test_support.sources.source_server import SourceServer, answering, query_of

UNKNOWN = "NOPE"
_ZONE = ZoneInfo(NEW_YORK.time_zone)
_HOUR = timedelta(hours=1)
_USED_UP = (
    "You have run out of API credits for the day. 801 API credits were used, with the current limit being 800. Wait for"
    " the next day or consider switching to a higher tier plan at https://twelvedata.com/pricing"
)
_NOT_FOUND = f"**symbol** not found: {UNKNOWN}. Please specify it correctly according to API Documentation."
_REFUSED = "**apikey** parameter is incorrect or not specified. You can get your free API key instantly following ..."


class HourSource(SourceServer):
    """Answers each call with the bars of its symbol from ``start_date`` until the time that the source knows.

    Attributes:
        until: the bars that begin at this time or later are not known yet.
        factor: all prices are multiplied by it, as after a split.
        corrected: the close of each time that the source has corrected, in the time zone of New York.
        used_up: the keys without credits for the day.
        refused: the keys that the source does not know.
        may_answer: every call waits until this event is set.
    """

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.until = datetime.now(UTC)
        self.factor = 1.0
        self.corrected: dict[str, float] = {}
        self.used_up: set[str] = set()
        self.refused: set[str] = set()
        self.may_answer = threading.Event()
        self.may_answer.set()

    @property
    def calls_by_key(self) -> Counter[str]:
        """The number of calls with each key."""
        return Counter(headers["Authorization"].removeprefix("apikey ") for _, headers in self.asked)

    @property
    def calls_by_ticker(self) -> Counter[str]:
        """The number of calls for each symbol."""
        return Counter(query["symbol"] for query in self.queries)

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        self.may_answer.wait()
        key = request.headers["Authorization"].removeprefix("apikey ")
        query = query_of(request.path)
        if key in self.refused:
            answering(200, _error(401, _REFUSED))(request)
        elif key in self.used_up:
            answering(200, _error(429, _USED_UP))(request)
        elif query["symbol"] == UNKNOWN:
            answering(200, _error(404, _NOT_FOUND))(request)
        else:
            answering(200, self._bars(query))(request)

    def _bars(self, query: dict[str, str]) -> bytes:
        meta = {
            "symbol": query["symbol"], "interval": query["interval"], "currency": "USD",
            "exchange_timezone": "America/New_York", "exchange": "NASDAQ", "mic_code": "XNGS", "type": "Common Stock",
        }  # fmt: skip
        begin = datetime.fromisoformat(query["start_date"]).replace(tzinfo=_ZONE)
        times = [moment for moment in bar_times(begin, self.until) if moment < self.until]
        values = [self._bar(query["symbol"], moment, place) for place, moment in enumerate(times)]
        return json.dumps({"meta": meta, "values": values[-int(query["outputsize"]) :], "status": "ok"}).encode()

    def _bar(self, symbol: str, moment: datetime, place: int) -> dict[str, str]:
        base = 100 + zlib.crc32(symbol.encode()) % 200
        text = f"{moment:%Y-%m-%d %H:%M:%S}"
        open_, close = base + place % 7 / 4, self.corrected.get(text, base + (place + 1) % 7 / 4)
        prices = {"open": open_, "high": max(open_, close) + 0.5, "low": min(open_, close) - 0.5, "close": close}
        written = {name: f"{price * self.factor:.5f}" for name, price in prices.items()}
        return {"datetime": text, **written, "volume": str(int(1_000_000 / self.factor) + place)}


@cache
def bar_times(begin: datetime, end: datetime) -> tuple[datetime, ...]:
    """Return the starts of hourly bars, and one after the close of each half day, as of the closing auction."""
    return tuple(_bar_times(begin, end))


def _bar_times(begin: datetime, end: datetime) -> Iterator[datetime]:
    for day, closes in session_closes(NEW_YORK.calendar, begin.date(), end.date()).items():
        moment = datetime.combine(day, time(9, 30), _ZONE)
        while moment < closes:
            yield moment
            moment += _HOUR
        if closes.astimezone(_ZONE).hour == 13:
            yield moment


def _error(code: int, message: str) -> bytes:
    return json.dumps({"code": code, "message": message, "status": "error"}).encode()


@contextmanager
def hour_source() -> Iterator[HourSource]:
    """Serve hourly bars of every symbol except :data:`UNKNOWN`."""
    with serving(HourSource()) as server:
        try:
            yield server
        finally:
            server.may_answer.set()
