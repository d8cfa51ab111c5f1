"""Which stocks a few typed letters may mean, best match first."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice

from webserver.cooperation import in_pieces
from webserver.names import Listing

MOST_FOUND = 10
_NO_MATCH = 9
_WORD = re.compile(r"\w+")
_QUERIES_KNOWN, _LISTINGS_KNOWN = 1000, 20_000


@dataclass(frozen=True, slots=True)
class _Entry:
    """A listing in the forms that a query is compared with."""

    listing: Listing
    ticker: str
    name: str
    words: str
    together: str


@lru_cache(_LISTINGS_KNOWN)
def _entry(listing: Listing) -> _Entry:
    name = folded(listing.name).removeprefix("the ")
    return _Entry(listing, _ticker_text(listing.ticker), name, f" {name}", name.replace(" ", ""))


class SearchIndex:
    """Finds listings by what a person typed; the listings are prepared once, and the last answers are cached.

    Args:
        listings: all companies.
        stored: the tickers with stored prices; those without a name are found by their tickers.
    """

    def __init__(self, listings: Iterable[Listing], stored: Set[str]) -> None:
        known = {listing.ticker: listing for listing in listings}
        unnamed = (Listing(ticker, "", 0) for ticker in stored if ticker not in known)
        all_of_them = sorted((*known.values(), *unnamed), key=lambda one: _order(one, stored))
        self._entries = [_entry(listing) for listing in in_pieces(all_of_them)]
        self._found = lru_cache(_QUERIES_KNOWN)(self._find)

    def best_matches(self, query: str) -> list[Listing]:
        """Return the best few listings: by kind of match, then what is stored, then what is well known."""
        typed, wanted = _ticker_text(query.strip()), folded(query)
        return list(self._found(typed, wanted)) if wanted else []

    def _find(self, typed: str, wanted: str) -> tuple[Listing, ...]:
        words, together = [f" {word}" for word in dict.fromkeys(wanted.split())], wanted.replace(" ", "")
        found: list[list[Listing]] = [[] for _ in range(_NO_MATCH)]
        for entry in in_pieces(self._entries):
            rank = _rank(typed, wanted, words, together, entry)
            if rank < _NO_MATCH and len(found[rank]) < MOST_FOUND:
                found[rank].append(entry.listing)
        return tuple(islice(chain.from_iterable(found), MOST_FOUND))


class SearchIndexes:
    """Gives the index of the present listings and stored tickers, made anew only where one of them has changed."""

    def __init__(self) -> None:
        self._made_of: tuple[Sequence[Listing], Set[str]] = ((), frozenset())
        self._index = SearchIndex((), frozenset())

    def of(self, listings: Sequence[Listing], stored: Set[str]) -> SearchIndex:
        """Return the index of these listings and stored tickers."""
        known, known_stored = self._made_of
        if known is not listings or known_stored != stored:
            self._index = SearchIndex(listings, stored)
            self._made_of = (listings, stored)
        return self._index


def best_matches(query: str, listings: Iterable[Listing], stored: Set[str]) -> list[Listing]:
    """Return the best few of ``listings`` for one ``query``; :class:`SearchIndex` is for several."""
    return SearchIndex(listings, stored).best_matches(query)


def _order(listing: Listing, stored: Set[str]) -> tuple[bool, int, int, str]:
    """Return by what listings that match equally well are ordered."""
    return listing.ticker not in stored, -listing.indices, len(listing.ticker), listing.ticker


def folded(text: str) -> str:
    """The text without case, accents and punctuation, so that "loreal" finds L'Oréal and "coca cola" Coca-Cola."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(_WORD.findall(kept))


def _rank(typed: str, wanted: str, words: Sequence[str], together: str, entry: _Entry) -> int:  # noqa: PLR0911 - a rank each
    """Return how well a listing matches: 0 best, :data:`_NO_MATCH` not at all."""
    if entry.ticker == typed:
        return 0
    if entry.name == wanted:
        return 1
    if entry.name.startswith(wanted) or entry.ticker.startswith(typed):
        return 2
    if all(word in entry.words for word in words):
        return 3
    if len(together) > 2 and together in entry.together:
        return 4
    if len(entry.ticker) > 3 and typed.startswith(entry.ticker):  # GOOG for "google", which is not the company's name
        return 5
    return _NO_MATCH


def _ticker_text(text: str) -> str:
    """A ticker as it is compared: BRK.B is BRK-B."""
    return text.casefold().replace(".", "-")
