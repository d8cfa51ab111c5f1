"""The SEC's public data: the list of tickers, a company's filings and its figures. https://www.sec.gov/search-filings.

The SEC asks every caller for a contact in the header ``User-Agent`` and allows ten calls a second.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from common.domain.companies.document import SEC
from common.domain.errors import CompanyFactsOff, NoCompanyFacts, ProviderUnavailable
from common.redis.provider_limits import ProviderLimits, account_name
from common.redis.rate_windows import Window
from common.runtime.version import USER_AGENT
from ingestion_service.providers.access.guard import Guard
from ingestion_service.providers.base import NothingUsable, Refused, TransientFailure
from ingestion_service.providers.fetch.download import HttpResponse, Query, download

MOST_BYTES = 60_000_000
"""The largest file of figures, after decompression. Those of large banks have about 12 MB."""
FILES_AT_ONCE = 2
"""The most files of figures in work: each takes twice its size in memory."""
CALL_S = 20.0
"""The most seconds of one call."""
BLOCKED_S = 600
"""Seconds to pause after a refusal: the SEC blocks an address for ten minutes after too many calls."""


@dataclass(frozen=True)
class SecAccess:
    """The settings of the requests to the SEC.

    Args:
        contact: a name and a mail address; None if the operator set none, and the SEC is not asked.
        url: the base address of the list of tickers.
        data_url: the base address of the data on companies.
        budget: the calls that are allowed.
    """

    contact: str | None
    url: str
    data_url: str
    budget: tuple[Window, ...]


class SecClient:
    """Asks the SEC within its limits. Each method blocks for at most ``budget_s`` seconds.

    Methods raise :class:`CompanyFactsOff` without a contact, and :class:`ProviderUnavailable` if the SEC refuses,
    cannot be reached, or must not be asked now.
    """

    def __init__(self, access: SecAccess, limits: ProviderLimits) -> None:
        self._access = access
        self._guard = Guard(SEC, limits, account_name(SEC, None), access.budget)
        self._slots = threading.BoundedSemaphore(FILES_AT_ONCE)

    def require_contact(self) -> None:
        """Raise :class:`CompanyFactsOff` if the operator set no contact."""
        if self._access.contact is None:
            raise CompanyFactsOff

    def ticker_table(self, budget_s: float) -> bytes:
        """Return the list of all tickers with the numbers of their companies."""
        return self._get(f"{self._access.url.rstrip('/')}/files/company_tickers.json", budget_s)

    def submissions(self, cik: int, budget_s: float) -> bytes:
        """Return a company's description and its latest filings.

        Raises:
            NoCompanyFacts: the SEC has no such company.
        """
        try:
            return self._get(f"{self._data_url}/submissions/CIK{cik:010d}.json", budget_s)
        except NothingUsable as exc:
            raise NoCompanyFacts from exc

    def company_facts(self, cik: int, budget_s: float) -> bytes | None:
        """Return a company's figures; None if it never filed any in this form."""
        give_up = time.monotonic() + budget_s
        if not self._slots.acquire(timeout=budget_s):
            raise ProviderUnavailable("Too many files of the SEC are being read. Try again in a moment.")
        try:
            return self._get(f"{self._data_url}/api/xbrl/companyfacts/CIK{cik:010d}.json", give_up - time.monotonic())
        except NothingUsable:
            return None
        finally:
            self._slots.release()

    @property
    def _data_url(self) -> str:
        return self._access.data_url.rstrip("/")

    def _get(self, url: str, budget_s: float) -> bytes:
        self.require_contact()
        # A contact is personal, so it is treated as a secret: it appears in no log.
        headers = {"user-agent": f"{USER_AGENT} {self._access.contact}"}
        query = Query(url, {}, secret_headers=headers, most_bytes=MOST_BYTES, takes_gzip=True)

        def call(left_s: float) -> bytes:
            return _checked(download(query, timeout_s=min(left_s, CALL_S)))

        return self._guard.ask(call, budget_s)


def _checked(response: HttpResponse) -> bytes:
    """Return the body of a good response.

    Raises:
        ProviderUnavailable: the SEC sent none.
    """
    status = response.status
    if status == 200:
        return response.body
    if status in {401, 403}:
        raise Refused(
            "The SEC refused the call. It refuses callers without a contact, and for ten minutes those with too many.",
            retry_after_s=response.retry_after_s or BLOCKED_S,
        )
    if status == 429:
        raise ProviderUnavailable("The SEC received too many calls.", retry_after_s=response.retry_after_s or BLOCKED_S)
    if status == 404:
        raise NothingUsable("The SEC has no such file.")
    if status >= 500 and response.retry_after_s is None:
        raise TransientFailure(f"The SEC answered with status {status}.")
    raise ProviderUnavailable(f"The SEC answered with status {status}.", retry_after_s=response.retry_after_s)


def unreadable() -> ProviderUnavailable:
    """Return the failure for a response in an unknown format."""
    return ProviderUnavailable("The SEC's answer has an unknown format.")
