"""Reads the dividends in stored prices, and keeps those of the latest tickers in memory."""

from __future__ import annotations

import math
from collections import OrderedDict
from datetime import date
from threading import Lock

from common.domain.companies.price_events import Dividend, find_dividends, tells_dividends
from common.s3.objects import StoredFacts
from webserver.http.cooperative_work import costly_turn, in_pieces
from webserver.stocks.price_reader import PriceReader
from webserver.stocks.price_tables import PriceTable, damaged

_MOST_CACHED = 500


class StoredDividends:
    """The dividends in the stored prices of a ticker. Another read of the same prices costs nothing."""

    def __init__(self, prices: PriceReader) -> None:
        self._prices = prices
        self._cached: OrderedDict[str, tuple[str, tuple[Dividend, ...]]] = OrderedDict()
        self._lock = Lock()

    def read(self, ticker: str, facts: StoredFacts) -> tuple[Dividend, ...] | None:
        """Return the dividends in prices with these facts, oldest first; None if the prices do not tell.

        Raises:
            NotFound: the prices were removed meanwhile.
            Busy: the prices cannot be read, or are damaged.
        """
        if not tells_dividends(facts.flags):
            return None
        cached = self._cached.get(ticker)
        if cached is not None and cached[0] == facts.version:
            return cached[1]
        with self._prices.reading(ticker, "1d") as stored, costly_turn():
            found = _find(PriceTable.from_csv(stored.body))
            version = stored.facts.version
        with self._lock:
            self._cached[ticker] = (version, found)
            self._cached.move_to_end(ticker)
            if len(self._cached) > _MOST_CACHED:
                self._cached.popitem(last=False)
        return found


def _find(table: PriceTable) -> tuple[Dividend, ...]:
    names = table.header.split(b",")
    try:
        close, adjusted = names.index(b"close"), names.index(b"adj_close")
        cells = [row.split(b",") for row in in_pieces(table.rows)]
        days = [date.fromisoformat(row[0].decode()) for row in cells]
        return find_dividends(days, [_number(row[close]) for row in cells], [_number(row[adjusted]) for row in cells])
    except ValueError as exc:
        raise damaged() from exc


def _number(cell: bytes) -> float:
    return float(cell) if cell else math.nan
