"""Names of companies and their tickers, for the search box; ``python -m tools.company_names`` writes the file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("company_names.json")


@dataclass(frozen=True, slots=True)
class Listing:
    """A ticker with its names.

    ``indices`` is the number of stock indices that contain the company, which ranks how well known it is.
    ``other_names`` are former names and products under which people search for it.
    """

    ticker: str
    name: str
    indices: int
    other_names: tuple[str, ...] = ()


def read_listings() -> tuple[Listing, ...]:
    """Return every listing in the file."""
    rows = json.loads(FILE.read_text(encoding="utf-8"))
    return tuple(Listing(ticker, name, indices, tuple(others)) for ticker, name, indices, others in rows)
