"""Which stocks a few typed letters may mean, best match first."""

from __future__ import annotations

import heapq
import re
import unicodedata
from collections.abc import Iterable, Set

from webserver.names import Listing

MOST_FOUND = 10
_NO_MATCH = 9
_WORD = re.compile(r"\w+")


def best_matches(query: str, listings: Iterable[Listing], stored: Set[str]) -> list[Listing]:
    """The best few of ``listings`` for ``query``: by kind of match, then what is stored, then what is well known."""
    typed, wanted = _ticker_text(query.strip()), folded(query)
    if not wanted:
        return []
    known = {listing.ticker: listing for listing in listings}
    unnamed = (Listing(ticker, "", 0) for ticker in stored if ticker not in known)
    ranked = (
        (rank, listing.ticker not in stored, -listing.indices, len(listing.ticker), listing.ticker, listing)
        for listing in (*known.values(), *unnamed)
        if (rank := _rank(typed, wanted, listing)) < _NO_MATCH
    )
    return [entry[-1] for entry in heapq.nsmallest(MOST_FOUND, ranked, key=lambda entry: entry[:-1])]


def folded(text: str) -> str:
    """The text without case, accents and punctuation, so that "loreal" finds L'Oréal and "coca cola" Coca-Cola."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(_WORD.findall(kept))


def _rank(typed: str, wanted: str, listing: Listing) -> int:
    """How well a listing matches: 0 best, :data:`_NO_MATCH` not at all."""
    ticker, name = _ticker_text(listing.ticker), folded(listing.name).removeprefix("the ")
    together = wanted.replace(" ", "")
    checks = (
        ticker == typed,
        name == wanted,
        name.startswith(wanted) or ticker.startswith(typed),
        all(f" {word}" in f" {name}" for word in wanted.split()),
        len(together) > 2 and together in name.replace(" ", ""),
        len(ticker) > 3 and typed.startswith(ticker),  # GOOG for "google", which is not the company's name
    )
    return next((rank for rank, matches in enumerate(checks) if matches), _NO_MATCH)


def _ticker_text(text: str) -> str:
    """A ticker as it is compared: BRK.B is BRK-B."""
    return text.casefold().replace(".", "-")
