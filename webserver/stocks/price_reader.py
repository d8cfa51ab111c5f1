"""Reads stored prices, their facts and the list of tickers from S3."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import Context, copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from common.domain.errors import Busy, NotFound
from common.domain.questions import Interval
from common.runtime.call_time_limits import call_deadline
from common.s3.objects import DamagedObject, ListedTicker, PriceObjects, StoredBody, StoredFacts
from webserver.http.cooperative_work import give_way
from webserver.stocks.price_tables import damaged

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

READ_AT_ONCE = 4
"""The most concurrent reads: a year of five-minute prices needs 15 MB while it is converted."""
INTERVALS: tuple[Interval, ...] = ("1d", "1h", "5min")
READ_TIMEOUT_S = 5.0
LISTING_S = 30.0
"""The most seconds since the list of tickers for the search was read."""
LISTING_RETRY_S = 2.0
"""Seconds between a failed listing and the next one."""
LISTING_CALL_S = 5.0
"""Seconds that one listing may take."""
PAGE_CALL_S = 20.0
"""Seconds that a page of facts may take."""
_STEPS_OF_A_CALL = ("before-parameter-build", "before-call", "before-sign", "before-send", "response-received")
"""Botocore's events, between which a call computes for a millisecond at the most."""
LISTED_AT_ONCE = 1000
_HEADS_AT_ONCE = 16
_MOST_FACTS = 20_000


@dataclass(frozen=True)
class Page:
    """A page of stored tickers in order; ``after`` is its last ticker if there is a next page."""

    facts: dict[str, StoredFacts]
    after: str | None


@dataclass(frozen=True)
class _Tickers:
    """Every stored ticker as of the last listing, and when (monotonic seconds) the next one is due."""

    found: frozenset[str] = frozenset()
    until: float | None = None


class PriceReader:
    """Reads prices and facts; caches facts until their objects are written again."""

    def __init__(self, objects: PriceObjects) -> None:
        self._objects = objects
        self._read_slots = threading.BoundedSemaphore(READ_AT_ONCE)
        self._cached_facts: dict[ListedTicker, StoredFacts] = {}
        self._tickers = _Tickers()
        self._listing = threading.Lock()

    def read_facts(self, ticker: str, interval: Interval = "1d") -> StoredFacts:
        """Return the facts of a ticker's prices; raise NotFound if none are stored."""
        facts = self._objects.read_facts(ticker, interval)
        if facts is None:
            raise not_stored(ticker, interval)
        return facts

    def read_intervals(self, ticker: str) -> dict[Interval, StoredFacts]:
        """Return the facts of each stored interval; raise NotFound if none is stored."""
        found = {interval: self._objects.read_facts(ticker, interval) for interval in INTERVALS}
        stored = {interval: facts for interval, facts in found.items() if facts is not None}
        if not stored:
            raise not_stored(ticker, "1d")
        return stored

    @contextmanager
    def reading(self, ticker: str, interval: Interval) -> Iterator[StoredBody]:
        """Yield a ticker's CSV, and hold one of the read slots until the end of the block.

        Raises:
            NotFound: no prices are stored.
            Busy: too many reads are waiting, or the stored prices are damaged.
        """
        if not self._read_slots.acquire(timeout=READ_TIMEOUT_S):
            raise Busy
        try:
            yield self._read(ticker, interval)
        finally:
            self._read_slots.release()

    def page(self, after: str, most: int) -> Page:
        """Return the facts of up to ``most`` tickers after ``after``, without those removed meanwhile."""
        with call_deadline(PAGE_CALL_S):
            listing = self._objects.list_page(after=after, most=most)
            missing = [entry for entry in listing.entries if entry not in self._cached_facts]
            if len(self._cached_facts) + len(missing) > _MOST_FACTS:
                self._cached_facts.clear()
                missing = list(listing.entries)
            if missing:
                self._read_facts(missing)
        found = {entry.ticker: self._cached_facts[entry] for entry in listing.entries if entry in self._cached_facts}
        return Page({ticker: facts for ticker, facts in found.items() if facts.version}, listing.after)

    def read_facts_of(self, tickers: Iterable[str]) -> dict[str, StoredFacts]:
        """Return the present facts of those tickers that have stored prices.

        A listing tells which cached facts are current, so that many tickers need few calls.

        Raises:
            Busy: S3 cannot be reached in time.
        """
        wanted = sorted(set(tickers), key=_key)
        found: dict[str, StoredFacts] = {}
        after: str | None = ""
        with call_deadline(PAGE_CALL_S):
            while wanted and after is not None:
                after = max(after, _just_before(wanted[0]), key=_key)
                listing = self._objects.list_page(after=after, most=LISTED_AT_ONCE)
                of_caller = frozenset(wanted)
                entries = [entry for entry in listing.entries if entry.ticker in of_caller]
                missing = [entry for entry in entries if entry not in self._cached_facts]
                if len(self._cached_facts) + len(missing) > _MOST_FACTS:
                    self._cached_facts.clear()
                    missing = entries
                self._read_facts(missing)
                found |= {entry.ticker: self._cached_facts[entry] for entry in entries if entry in self._cached_facts}
                after = listing.after
                wanted = [ticker for ticker in wanted if after is not None and _key(ticker) > _key(after)]
        return found

    def tickers(self) -> frozenset[str]:
        """Return every stored ticker, as of :data:`LISTING_S` ago at most; an older list while S3 cannot be reached.

        One caller at a time lists them. The others use the last list, and wait only for the very first one.
        """
        known = self._tickers
        is_due = known.until is None or time.monotonic() >= known.until
        if is_due and self._listing.acquire(blocking=known.until is None):
            try:
                if self._tickers is known:
                    self._tickers = self._listed(known)
            finally:
                self._listing.release()
        return self._tickers.found

    def _listed(self, known: _Tickers) -> _Tickers:
        try:
            with call_deadline(LISTING_CALL_S):
                return _Tickers(frozenset(self._objects.list_tickers()), time.monotonic() + LISTING_S)
        except Busy:
            return _Tickers(known.found, time.monotonic() + LISTING_RETRY_S)

    def _read(self, ticker: str, interval: Interval) -> StoredBody:
        try:
            stored = self._objects.read(ticker, interval)
        except DamagedObject as exc:
            raise damaged() from exc
        if stored is None:
            raise not_stored(ticker, interval)
        return stored

    def _read_facts(self, entries: list[ListedTicker]) -> None:
        """Read the facts of tickers, and cache each as it comes: a deadline in between loses none."""

        def read(context: Context, entry: ListedTicker) -> None:
            facts = context.run(self._objects.read_facts, entry.ticker)
            if facts is not None:
                self._cached_facts[entry] = facts

        contexts = [copy_context() for _ in entries]  # each thread has the deadline of this one
        with ThreadPoolExecutor(_HEADS_AT_ONCE) as threads:
            deque(threads.map(read, contexts, entries), maxlen=0)


def _key(ticker: str) -> str:
    """Return the end of a ticker's key: S3 lists AAPL-B.csv before AAPL.csv."""
    return f"{ticker}.csv"


def _just_before(ticker: str) -> str:
    """Return a text before a ticker and after every other one that is before it, for a listing that begins there."""
    return ticker[:-1] + chr(ord(ticker[-1]) - 1) + "~"


def computing_in_pieces(client: S3Client) -> S3Client:
    """Give other requests a turn between the steps of every call of ``client``; return the client."""

    def between_steps(**_: Any) -> None:
        give_way()

    for step in _STEPS_OF_A_CALL:
        client.meta.events.register(f"{step}.s3", between_steps)
    return client


def not_stored(ticker: str, interval: Interval) -> NotFound:
    """Return the failure of a ticker without stored prices."""
    if interval == "1d":
        return NotFound(f"No prices of {ticker} are stored. PUT /api/v1/tickers/{quote(ticker)} fetches them.")
    return NotFound(f"No {interval} prices of {ticker} are stored. Fetch them with the refresh command.")
