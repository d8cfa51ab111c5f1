"""``python -m tools.company_names``: writes the company names of the search box to ``webserver/stocks``.

Companies come from pytickersymbols. Funds, indices, currencies and former names come from ``well_known.csv``. Run the
command after a change of either; a test compares the written file with them.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

from pytickersymbols.indices_data import INDICES

from common.domain.questions import TICKER
from webserver.stocks.company_names import FILE, Listing

_WELL_KNOWN = Path(__file__).with_name("well_known.csv")
_INDICES_OF_WELL_KNOWN = 5
"""The rank of a listing in ``well_known.csv``: the best-known companies are members of as many indices."""
_AMERICAN_INDICES = ("DOW JONES", "NASDAQ 100", "S&P 100", "S&P 500", "S&P 600")
_AMERICAN_EXCHANGES = ("NASDAQ:", "NYSE:")


def file_text() -> str:
    """Return the text of the file: a JSON list with one listing a line."""
    rows = (json.dumps(astuple(listing), ensure_ascii=False) for listing in with_well_known(listings_of(INDICES)))
    return "[\n" + ",\n".join(rows) + "\n]\n"


def with_well_known(listings: Iterable[Listing]) -> tuple[Listing, ...]:
    """Return the listings and those of ``well_known.csv``; a ticker that is in both gets the names of both."""
    found = {listing.ticker: listing for listing in listings}
    with _WELL_KNOWN.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            others = tuple(filter(None, row["other_names"].split("|")))
            new = Listing(row["ticker"], row["name"] or row["ticker"], _INDICES_OF_WELL_KNOWN)
            found[row["ticker"]] = replace(found.get(row["ticker"], new), other_names=others)
    return tuple(found.values())


def listings_of(indices: dict[str, Any]) -> list[Listing]:
    """Return the listings in pytickersymbols' table under the tickers that price sources use."""
    names: dict[str, str] = {}
    memberships: Counter[str] = Counter()
    for index, members in indices.items():
        for company in members["companies"]:
            for ticker in dict.fromkeys(_tickers(index, company)):
                names.setdefault(ticker, company["name"])
                memberships[ticker] += 1
    # BRK.B and BRK-B are one share class; the sources use the hyphen. 4704 is 4704.T in Tokyo.
    duplicates = {ticker for ticker in names if f"{ticker}.T" in names}
    duplicates |= {ticker for ticker in names if "." in ticker and ticker.replace(".", "-") in names}
    return [Listing(ticker, name, memberships[ticker]) for ticker, name in names.items() if ticker not in duplicates]


def _tickers(index: str, company: dict[str, Any]) -> Iterator[str]:
    """Yield the tickers of the home listing, in Yahoo's form, and of the listings in New York."""
    symbols = [symbol for symbol in company.get("symbols", ()) if symbol.get("yahoo")]
    american = [symbol["yahoo"] for symbol in symbols if str(symbol.get("google")).startswith(_AMERICAN_EXCHANGES)]
    home = company.get("symbol") or ""
    is_complete = index in _AMERICAN_INDICES or "." in home
    first = [home] if home and is_complete else [symbol["yahoo"] for symbol in symbols[:1]]
    return (ticker for ticker in (*first, *american) if TICKER.match(ticker))


if __name__ == "__main__":
    FILE.write_text(file_text(), encoding="utf-8")
