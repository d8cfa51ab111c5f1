"""Names of companies and their tickers, for the search box.

Companies come from pytickersymbols. Funds, indices, currencies and former names, which it lacks, come from
``well_known.csv``.

``python -m webserver.stocks.company_names`` prints them, a JSON list a line. The web server runs that once: importing
pytickersymbols takes 90 MB where Python must compile it first, and the names alone take less than one.
"""

from __future__ import annotations

import csv
import json
import logging
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any

from common.domain.questions import TICKER

_ROOT = Path(__file__).resolve().parents[2]
_SECONDS = 15.0
PATIENCE_S = 2.0
"""Seconds that other threads wait for the one that reads the names; reading takes a second."""
AGAIN_AFTER_S = 60.0
"""Seconds before another try where the names could not be read."""
_WELL_KNOWN = Path(__file__).with_name("well_known.csv")
_VERY_WELL_KNOWN = 5
"""The number of indices that a listing of our own counts for: the best known companies are in as many."""
_AMERICAN = ("DOW JONES", "NASDAQ 100", "S&P 100", "S&P 500", "S&P 600")
_AMERICAN_EXCHANGES = ("NASDAQ:", "NYSE:")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listing:
    """A ticker with its names.

    ``indices`` is in how many stock indices the company is, which is how well known it is. ``other_names`` are former
    names and products by which people look for it.
    """

    ticker: str
    name: str
    indices: int
    other_names: tuple[str, ...] = ()


class Names:
    """All listings, read when they are first asked for, by one thread; the others soon go on without them."""

    def __init__(self) -> None:
        self._reading = threading.Lock()
        self._listings: tuple[Listing, ...] = ()
        self._not_before = 0.0

    def listings(self) -> tuple[Listing, ...]:
        """Every listing, or none where they cannot be read at the moment, or are being read."""
        if self._listings or not self._reading.acquire(timeout=PATIENCE_S):
            return self._listings
        try:
            if not self._listings and time.monotonic() >= self._not_before:
                self._listings = _read_listings()
                self._not_before = time.monotonic() + AGAIN_AFTER_S
        finally:
            self._reading.release()
        return self._listings


def _read_listings() -> tuple[Listing, ...]:
    command = [sys.executable, "-m", "webserver.stocks.company_names"]
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            command, cwd=_ROOT, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as exc:
        _log.warning("the names of companies could not be read: %s", type(exc).__name__)
        return ()
    rows = map(json.loads, done.stdout.splitlines())
    return tuple(Listing(ticker, name, indices, tuple(others)) for ticker, name, indices, others in rows)


def with_well_known(listings: Iterable[Listing]) -> tuple[Listing, ...]:
    """Return the listings with those of ``well_known.csv``; where both have a ticker, with the names of both."""
    known = {listing.ticker: listing for listing in listings}
    with _WELL_KNOWN.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            others = tuple(filter(None, row["other_names"].split("|")))
            listing = known.get(row["ticker"], Listing(row["ticker"], row["name"] or row["ticker"], _VERY_WELL_KNOWN))
            known[row["ticker"]] = replace(listing, other_names=others)
    return tuple(known.values())


def listings_of(indices: dict[str, Any]) -> list[Listing]:
    """Pick from pytickersymbols' table the tickers under which a price source may know each company."""
    names: dict[str, str] = {}
    found: Counter[str] = Counter()
    for index, members in indices.items():
        for company in members["companies"]:
            for ticker in set(_tickers(index, company)):
                names.setdefault(ticker, company["name"])
                found[ticker] += 1
    # BRK.B and BRK-B are one share class; the sources understand the hyphen. 4704 is 4704.T in Tokyo.
    twice = {ticker for ticker in names if f"{ticker}.T" in names}
    twice |= {ticker for ticker in names if "." in ticker and ticker.replace(".", "-") in names}
    return [Listing(ticker, name, found[ticker]) for ticker, name in names.items() if ticker not in twice]


def _tickers(index: str, company: dict[str, Any]) -> Iterator[str]:
    """The home listing, as Yahoo writes it, and those in New York; none of the many in Frankfurt."""
    symbols = [symbol for symbol in company.get("symbols", ()) if symbol.get("yahoo")]
    american = [symbol["yahoo"] for symbol in symbols if str(symbol.get("google")).startswith(_AMERICAN_EXCHANGES)]
    home = company.get("symbol") or ""
    is_whole = index in _AMERICAN or "." in home
    first = [home] if home and is_whole else [symbol["yahoo"] for symbol in symbols[:1]]
    return (ticker for ticker in (*first, *american) if TICKER.match(ticker))


def main() -> None:
    """Print the listings."""
    from pytickersymbols.indices_data import INDICES  # noqa: PLC0415 - see above

    for listing in with_well_known(listings_of(INDICES)):
        print(json.dumps(astuple(listing)))


if __name__ == "__main__":
    main()
