"""Reads the latest closes of stored stocks, and caches them by the version of the prices."""

from __future__ import annotations

from collections import OrderedDict
from datetime import date
from threading import Lock

from common.domain.questions import Interval
from common.s3.objects import StoredBody
from webserver.http.cooperative_work import give_way
from webserver.stocks.closes import Closes
from webserver.stocks.price_reader import PriceReader
from webserver.stocks.price_tables import damaged

ROWS_READ = 800
"""Three years of trading days: two to compare with, and the start of the volatility."""
_MOST_CACHED = 1000
_DAILY: Interval = "1d"


class RecentCloses:
    """Returns the last :data:`ROWS_READ` closes of a stock. Another read costs one request for the version only."""

    def __init__(self, prices: PriceReader) -> None:
        self._prices = prices
        self._cached: OrderedDict[str, tuple[str, Closes]] = OrderedDict()
        self._lock = Lock()

    def read(self, ticker: str, version: str | None = None) -> Closes:
        """Return the latest closes.

        Args:
            ticker: the stock.
            version: the version of its prices where the caller has it already.

        Raises:
            NotFound: no prices are stored.
            Busy: the prices cannot be read, or are damaged.
        """
        cached = self._cached.get(ticker)
        if cached is not None and cached[0] == (version or self._prices.read_facts(ticker).version):
            return cached[1]
        with self._prices.reading(ticker, _DAILY) as stored:
            closes = parse_closes(ticker, stored)
        give_way()
        with self._lock:
            self._cached[ticker] = (stored.facts.version, closes)
            self._cached.move_to_end(ticker)
            if len(self._cached) > _MOST_CACHED:
                self._cached.popitem(last=False)
        return closes


def parse_closes(ticker: str, stored: StoredBody, most: int = ROWS_READ) -> Closes:
    """Return the last ``most`` closes of a stored CSV.

    Raises:
        Busy: the CSV is damaged; a refresh replaces it.
    """
    header, _, rows = stored.body.rstrip(b"\n").partition(b"\n")
    try:
        column = header.split(b",").index(b"close")
        cells = [row.split(b",") for row in rows.rsplit(b"\n", most)[-most:]]
        days = [date.fromisoformat(row[0].decode()) for row in cells]
        values = [float(row[column]) for row in cells]
    except (ValueError, IndexError) as exc:
        raise damaged() from exc
    if not all(value > 0 for value in values):
        raise damaged()
    return Closes(ticker, stored.facts.currency, days, values)
