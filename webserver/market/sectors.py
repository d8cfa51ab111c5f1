"""Names of companies, and the sectors of large ones.

``sectors.json`` states the source and the date of the sectors.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from webserver.market.board.board import Known
from webserver.stocks.company_names import Listing

FILE = Path(__file__).with_name("sectors.json")


def read_sectors() -> dict[str, str]:
    """Return the sector of each ticker in the file."""
    content = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        ticker: sector
        for sector, industries in content["sectors"].items()
        for tickers in industries.values()
        for ticker in tickers
    }


def texts_about_tickers(listings: Iterable[Listing]) -> Mapping[str, Known]:
    """Return functions that return the name and the sector of a ticker, by the name of the board's column."""
    names = {listing.ticker: listing.name for listing in listings}
    return {"name": names.get, "sector": read_sectors().get}
