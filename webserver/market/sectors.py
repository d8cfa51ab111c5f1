"""Names of companies, and the sectors of those that are known.

A sector is from the stored facts about companies, else from ``sectors.json``, which states its source and date.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from common.domain.errors import Busy
from common.s3.company_objects import CompanyObjects
from webserver.market.board.board import Known
from webserver.stocks.company_names import Listing

FILE = Path(__file__).with_name("sectors.json")
READ_AGAIN_S = 60.0
"""Seconds until the stored sectors are read again. Only the reading of a new board asks for them."""


def read_sectors() -> dict[str, str]:
    """Return the sector of each ticker in the file."""
    content = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        ticker: sector
        for sector, industries in content["sectors"].items()
        for tickers in industries.values()
        for ticker in tickers
    }


class Sectors:
    """The sectors of tickers: the stored ones, else those of the file."""

    def __init__(self, companies: CompanyObjects) -> None:
        self._companies = companies
        self._of_file = read_sectors()
        self._stored: Mapping[str, str] = {}
        self._until: float | None = None

    def find(self, ticker: str) -> str | None:
        """Return the sector of a ticker; None if it is unknown. While S3 cannot be reached, the last ones count."""
        if self._until is None or time.monotonic() >= self._until:
            self._until = time.monotonic() + READ_AGAIN_S
            with suppress(Busy):  # the board is complete without them
                self._stored = self._companies.read_sectors()
        return self._stored.get(ticker) or self._of_file.get(ticker)


def texts_about_tickers(listings: Iterable[Listing], companies: CompanyObjects) -> Mapping[str, Known]:
    """Return functions that return the name and the sector of a ticker, by the name of the board's column."""
    names = {listing.ticker: listing.name for listing in listings}
    return {"name": names.get, "sector": Sectors(companies).find}
