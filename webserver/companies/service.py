"""Finds the facts about a ticker: the stored document, or a newer one from ingestion; and the events in its prices."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from common.domain.companies.document import CompanyDocument
from common.domain.errors import Failure, NoCompanyFacts, NotFound
from common.domain.source_names import UPLOAD
from common.s3.company_objects import CompanyObjects
from common.s3.objects import StoredFacts
from webserver.companies.price_events import StoredDividends
from webserver.stocks.ingestion_client import IngestionClient
from webserver.stocks.price_reader import PriceReader

FETCH_S = 12.0
"""Seconds that ingestion may take for facts that are not stored."""
ASKED_AFTER = timedelta(days=1)
"""The age of stored facts from which ingestion is asked for newer ones. Its own setting decides whether it fetches."""
ASKED_AGAIN_S = 300.0
"""Seconds until ingestion is asked again about a ticker, after success or failure."""
_MOST_ASKED = 5000


@dataclass(frozen=True)
class KnownFacts:
    """What is known about a ticker.

    Args:
        company: the facts about the company; None if there are none.
        problem: why there are none, or why they are not up to date.
        prices: the metadata of the stored prices; None if none are stored.
    """

    company: CompanyDocument | None
    problem: Failure | None
    prices: StoredFacts | None


class CompanyFacts:
    """Reads the facts about tickers.

    Args:
        objects: the stored documents.
        prices: the stored prices.
        ingestion: asks ingestion for newer facts; its limits are not those of commands on prices.
        now: the clock.
    """

    def __init__(
        self, objects: CompanyObjects, prices: PriceReader, ingestion: IngestionClient, now: Callable[[], datetime]
    ) -> None:
        self._objects = objects
        self._prices = prices
        self._ingestion = ingestion
        self._now = now
        self._asked: OrderedDict[str, tuple[float, Failure | None]] = OrderedDict()
        self._lock = Lock()
        self.dividends = StoredDividends(prices)

    def read(self, ticker: str) -> KnownFacts:
        """Return what is known about a ticker. Ingestion is asked for facts that are missing or old.

        Raises:
            Failure: neither facts nor prices are stored, and there are no facts for this reason.
            Busy: S3 cannot be reached.
        """
        prices = self._read_prices(ticker)
        if prices is not None and prices.source == UPLOAD:
            return KnownFacts(
                None, NoCompanyFacts(f"The prices of {ticker} are uploaded: no company is known."), prices
            )
        company, problem = self._read_company(ticker)
        if company is None and prices is None:
            raise problem or NoCompanyFacts
        return KnownFacts(company, problem, prices)

    def _read_prices(self, ticker: str) -> StoredFacts | None:
        try:
            return self._prices.read_facts(ticker)
        except NotFound:
            return None

    def _read_company(self, ticker: str) -> tuple[CompanyDocument | None, Failure | None]:
        stored = self._document(ticker)
        if stored is not None and self._now() - stored.fetched_at < ASKED_AFTER:
            return stored, None
        problem = self._ask(ticker)
        return (self._document(ticker) if problem is None else stored), problem

    def _document(self, ticker: str) -> CompanyDocument | None:
        found = self._objects.read(ticker)
        return found.document if found else None

    def _ask(self, ticker: str) -> Failure | None:
        """Ask ingestion to make the facts fresh, unless that was done minutes ago; return the failure, if any."""
        until, known = self._asked.get(ticker, (0.0, None))
        if time.monotonic() < until:
            return known
        failure: Failure | None = None
        try:
            self._ingestion.send("company", ticker)
        except Failure as exc:
            failure = exc
        wait_s = min(failure.retry_after_s or ASKED_AGAIN_S, ASKED_AGAIN_S) if failure else ASKED_AGAIN_S
        with self._lock:
            self._asked[ticker] = (time.monotonic() + wait_s, failure)
            self._asked.move_to_end(ticker)
            if len(self._asked) > _MOST_ASKED:
                self._asked.popitem(last=False)
        return failure
