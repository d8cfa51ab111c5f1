"""The search of tickers and company names, best match first."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, chain, islice

from webserver.http.cooperative_work import in_pieces
from webserver.stocks.company_names import Listing

MOST_FOUND = 10
_NO_MATCH = 9
_WORD = re.compile(r"\w+")
_LEGAL_FORMS = frozenset(
    {"ag", "co", "company", "corp", "corporation", "inc", "incorporated", "ltd", "limited", "plc", "sa"}
)
_LEAST_TO_CORRECT = 3
"""The shortest word that is corrected; shorter words resemble too many others."""
_MOST_QUERIES, _MOST_LISTINGS = 1000, 20_000


@dataclass(frozen=True, slots=True)
class _Entry:
    """A listing in the forms with which a query is compared."""

    listing: Listing
    ticker: str
    name: str
    words: str
    together: str
    other_names: tuple[str, ...]


@lru_cache(_MOST_LISTINGS)
def _entry(listing: Listing) -> _Entry:
    name = folded(listing.name).removeprefix("the ")
    others = tuple(map(folded, listing.other_names))
    words = " ".join(("", name, *others))
    return _Entry(listing, _ticker_text(listing.ticker), name, words, name.replace(" ", ""), others)


class SearchIndex:
    """Finds listings by a search text; the listings are prepared once, and the last results are cached.

    Args:
        listings: all companies.
        stored: the tickers with stored prices; those without a name are found by their tickers.
    """

    def __init__(self, listings: Iterable[Listing], stored: Set[str]) -> None:
        known = {listing.ticker: listing for listing in listings}
        unnamed = (Listing(ticker, "", 0) for ticker in stored if ticker not in known)
        all_of_them = sorted((*known.values(), *unnamed), key=lambda one: _order(one, stored))
        self._entries = [_entry(listing) for listing in in_pieces(all_of_them)]
        self._words = _JoinedTexts([entry.words for entry in self._entries])
        self._together = _JoinedTexts([entry.together for entry in self._entries])
        self._tickers = _JoinedTexts([f" {entry.ticker}" for entry in self._entries])
        self._by_ticker = {entry.ticker: number for number, entry in enumerate(self._entries)}
        self._found = lru_cache(_MOST_QUERIES)(self._find)

    def best_matches(self, query: str) -> list[Listing]:
        """Return the best few listings: by kind of match, then what is stored, then what is well known."""
        typed, wanted = _ticker_text(query.strip()), _without_legal_form(folded(query))
        return list(self._found(typed, wanted)) if wanted else []

    def _find(self, typed: str, wanted: str) -> tuple[Listing, ...]:
        words, together = [f" {word}" for word in dict.fromkeys(wanted.split())], wanted.replace(" ", "")
        found: list[list[Listing]] = [[] for _ in range(_NO_MATCH)]
        for number in in_pieces(sorted(self._candidates(typed, words, together))):
            entry = self._entries[number]
            rank = _rank(typed, wanted, words, together, entry)
            if rank < _NO_MATCH and len(found[rank]) < MOST_FOUND:
                found[rank].append(entry.listing)
        matches = tuple(islice(chain.from_iterable(found), MOST_FOUND))
        return matches or self._with_one_slip(typed, wanted)

    def _with_one_slip(self, typed: str, wanted: str) -> tuple[Listing, ...]:
        """Return the listings that differ from the text by one slip (see :func:`is_one_slip`)."""
        if len(wanted) < _LEAST_TO_CORRECT:
            return ()
        matches = (
            entry.listing
            for entry in in_pieces(self._entries)
            if is_one_slip(typed, entry.ticker) or is_one_slip(wanted, entry.name.partition(" ")[0])
        )
        return tuple(islice(matches, MOST_FOUND))

    def _candidates(self, typed: str, words: Sequence[str], together: str) -> set[int]:
        """Return the numbers of all entries that can match, which are few."""
        beginnings = (typed[:length] for length in range(1, len(typed) + 1))
        return {
            *(self._by_ticker[ticker] for ticker in beginnings if ticker in self._by_ticker),
            *self._tickers.containing(f" {typed}"),
            *self._words.containing(max(words, key=len)),
            *(self._together.containing(together) if len(together) > 2 else ()),
        }


class _JoinedTexts:
    """Texts joined in one string, which is searched at once instead of each text."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._joined = "\n".join(texts) + "\n"
        self._starts = [0, *accumulate(len(text) + 1 for text in texts)]

    def containing(self, part: str) -> Iterator[int]:
        """Yield the number of each text that contains ``part``, which has no line feed."""
        at = self._joined.find(part)
        while at >= 0:
            number = bisect_right(self._starts, at) - 1
            yield number
            at = self._joined.find(part, self._starts[number + 1])


class SearchIndexes:
    """Holds the index of the present listings and stored tickers, and rebuilds it if they change."""

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


def _order(listing: Listing, stored: Set[str]) -> tuple[bool, int, int, str]:
    """Return the sort key of listings that match equally well: stored, then well known."""
    return listing.ticker not in stored, -listing.indices, len(listing.ticker), listing.ticker


def folded(text: str) -> str:
    """Return the text without case, accents and punctuation, so that "loreal" finds L'Oréal."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(_WORD.findall(kept))


def is_one_slip(typed: str, meant: str) -> bool:
    """Return whether the words differ by one wrong, missing or extra letter, or by two exchanged letters."""
    if abs(len(typed) - len(meant)) > 1:
        return False
    shorter, longer = sorted((typed, meant), key=len)
    if len(shorter) < _LEAST_TO_CORRECT or typed == meant:
        return False
    at = next(
        (place for place, (one, other) in enumerate(zip(shorter, longer, strict=False)) if one != other), len(shorter)
    )
    if len(longer) > len(shorter):
        return shorter[at:] == longer[at + 1 :]
    rest = longer[at + 1 :]
    return shorter[at + 1 :] == rest or shorter[at:] == longer[at + 1 : at + 2] + longer[at] + longer[at + 2 :]


def _without_legal_form(text: str) -> str:
    """Remove a legal form such as "Inc." at the end: some listings have it and some have not."""
    *words, last = text.split() or [""]
    return " ".join(words) if words and last in _LEGAL_FORMS else text


def _rank(typed: str, wanted: str, words: Sequence[str], together: str, entry: _Entry) -> int:  # noqa: PLR0911 - a rank each
    """Return how well a listing matches: 0 best, :data:`_NO_MATCH` not at all."""
    if entry.ticker == typed:
        return 0
    if entry.name == wanted or wanted in entry.other_names:
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
    """Return a ticker in the form of the comparison: BRK.B is BRK-B."""
    return text.casefold().replace(".", "-")
