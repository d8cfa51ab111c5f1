"""Keeps the documents of company facts fresh: reads the stored one, and asks the SEC if it is too old."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from common.domain.companies.document import CompanyDocument
from common.domain.errors import Busy
from common.redis.stores import RedisStores
from common.rpc.messages import Outcome
from common.s3.company_objects import CompanyObjects, StoredCompany
from common.s3.objects import ObjectChanged
from ingestion_service.fundamentals.document import build_document, renew_document
from ingestion_service.fundamentals.sec_client import SecClient
from ingestion_service.fundamentals.submissions import parse_submissions
from ingestion_service.fundamentals.ticker_table import TickerTable, symbol_of

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CompanyKeeper:
    """Fetches the facts about a company if the stored ones are not fresh. Several processes may do so at once.

    Args:
        stores: the clock and the locks.
        objects: the stored documents.
        sec: the source.
        table: the numbers of companies by ticker.
        fresh_for: how long fetched facts count as fresh.
    """

    stores: RedisStores
    objects: CompanyObjects
    sec: SecClient
    table: TickerTable
    fresh_for: timedelta

    def ensure_fresh(self, ticker: str, budget_s: float, *, lock_wait_s: float | None = None) -> Outcome:
        """Make sure that fresh facts are stored; return whether there were some before.

        Args:
            ticker: the ticker.
            budget_s: the time limit in seconds.
            lock_wait_s: the most seconds to wait for the lock of the facts; None is ``budget_s``.

        Raises:
            Locked: another caller held the lock for all this time.
            CompanyFactsOff: the operator gave the SEC no contact, and the stored facts are not fresh.
            NoCompanyFacts: the SEC has no company with this ticker.
            ProviderUnavailable: the SEC could not be asked; stored facts stay as they are.
        """
        give_up = time.monotonic() + budget_s
        if self._is_fresh(self.objects.read(ticker), self.stores.clock.now()):
            return "kept"
        self.sec.require_contact()
        wait_s = budget_s if lock_wait_s is None else lock_wait_s
        with self.stores.price_notes.lock_refresh(f"{ticker}:company", wait_s=wait_s):
            now = self.stores.clock.now()
            stored = self.objects.read(ticker)
            if self._is_fresh(stored, now):
                return "kept"
            document = self._fetch(ticker, stored.document if stored else None, now, give_up)
            try:
                self.objects.write(document, stored)
            except ObjectChanged as exc:
                raise Busy(f"The facts about {ticker} were written by another process. Try again.") from exc
            self._note_sector(document, stored)
        return "kept" if stored else "created"

    def _note_sector(self, document: CompanyDocument, stored: StoredCompany | None) -> None:
        """Note the sector for the board, unless figures and sector are those of before. Facts are complete without."""
        before = stored.document if stored else None
        if before and (before.sector, before.figures_of) == (document.sector, document.figures_of):
            return
        try:
            self.objects.note_sector(document.ticker, document.sector)
        except Busy:
            _log.warning("the sector could not be noted; the next report is the next chance")

    def _is_fresh(self, stored: StoredCompany | None, now: datetime) -> bool:
        document = stored.document if stored else None
        return document is not None and now - document.fetched_at < self.fresh_for

    def _fetch(self, ticker: str, stored: CompanyDocument | None, now: datetime, give_up: float) -> CompanyDocument:
        cik = self.table.find(ticker, give_up - time.monotonic())
        body = self.sec.submissions(cik, give_up - time.monotonic())
        submissions = parse_submissions(body, symbol_of(ticker))
        has_figures = stored is not None and stored.cik == cik and stored.figures_of is not None
        if stored is not None and has_figures and stored.figures_of == submissions.newest_figures:
            return renew_document(stored, submissions, now)
        figures = self.sec.company_facts(cik, give_up - time.monotonic())
        return build_document(ticker, cik, submissions, figures, now)
