"""The SEC's list of tickers: the number of the company of each ticker."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping

from common.domain.errors import NoCompanyFacts, ProviderUnavailable
from common.domain.markets.exchanges import NEW_YORK, exchange_of
from ingestion_service.fundamentals.sec_client import unreadable
from ingestion_service.providers.symbols import format_share_class

KEPT_S = 24 * 3600.0
"""Seconds for which a process keeps the list, which changes daily."""
_LARGEST_CIK = 9_999_999_999


class TickerTable:
    """The list of tickers in memory, fetched once a day.

    Args:
        fetch: returns the list's JSON; the argument is the time limit in seconds.
    """

    def __init__(self, fetch: Callable[[float], bytes]) -> None:
        self._fetch = fetch
        self._numbers: Mapping[str, int] = {}
        self._until: float | None = None
        self._fetching = threading.Lock()

    def find(self, ticker: str, budget_s: float) -> int:
        """Return the SEC's number of a ticker's company.

        Raises:
            NoCompanyFacts: the SEC has none.
            ProviderUnavailable: the list could not be fetched.
        """
        if exchange_of(ticker) is not NEW_YORK:
            raise NoCompanyFacts(f"The SEC has facts about American listings only, and {ticker} is listed elsewhere.")
        found = self._present_numbers(budget_s).get(symbol_of(ticker))
        if found is None:
            raise NoCompanyFacts(f"The SEC has no company with the ticker {ticker}. Funds and indices have none.")
        return found

    def _present_numbers(self, budget_s: float) -> Mapping[str, int]:
        give_up = time.monotonic() + budget_s
        if not self._fetching.acquire(timeout=max(budget_s, 0)):
            raise ProviderUnavailable("The SEC's list of tickers is being fetched. Try again in a moment.")
        try:
            if self._until is None or time.monotonic() >= self._until:
                self._numbers = parse_ticker_table(self._fetch(give_up - time.monotonic()))
                self._until = time.monotonic() + KEPT_S
            return self._numbers
        finally:
            self._fetching.release()


def symbol_of(ticker: str) -> str:
    """Return the SEC's symbol of a ticker; share classes follow a hyphen, as in BRK-B."""
    return format_share_class("-", ticker)


def parse_ticker_table(body: bytes) -> dict[str, int]:
    """Return the number of the company of each ticker. Of a repeated ticker the first entry counts.

    Raises:
        ProviderUnavailable: the list has another format.
    """
    try:
        table = json.loads(body)
    except (ValueError, RecursionError):
        raise unreadable() from None
    if not isinstance(table, dict):
        raise unreadable()
    numbers: dict[str, int] = {}
    for entry in table.values():
        if not isinstance(entry, dict):
            continue
        symbol, cik = entry.get("ticker"), str(entry.get("cik_str", ""))
        if isinstance(symbol, str) and cik.isascii() and cik.isdigit() and 0 < int(cik[:11]) <= _LARGEST_CIK:
            numbers.setdefault(symbol.strip().upper(), int(cik))
    if not numbers:
        raise unreadable()
    return numbers
