"""Reads when a company may report next, from its stored document. Nothing is fetched for it."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from datetime import date

from common.domain.companies.document import FiledReport
from common.domain.companies.reports import ExpectedReport, expect_report
from common.domain.errors import Busy
from common.runtime.log_limits import LogLimit
from common.s3.company_objects import CompanyObjects

KEPT_S = 300.0
"""Seconds for which the reports of a stock are kept."""
_MOST_KEPT = 1000
_log_limit = LogLimit(logging.getLogger(__name__))


class ExpectedReports:
    """Estimates the next reports of companies, and keeps what it read for :data:`KEPT_S`."""

    def __init__(self, objects: CompanyObjects) -> None:
        self._objects = objects
        self._kept: OrderedDict[str, tuple[float, tuple[FiledReport, ...]]] = OrderedDict()

    def read(self, ticker: str, last_day: date) -> ExpectedReport | None:
        """Return the estimate as of a day, from reports up to it; None without one or while S3 cannot be reached."""
        known = [report for report in self._reports(ticker) if report.filed <= last_day]
        return expect_report(known, last_day)

    def _reports(self, ticker: str) -> tuple[FiledReport, ...]:
        kept = self._kept.get(ticker)
        if kept is not None and time.monotonic() < kept[0]:
            return kept[1]
        try:
            stored = self._objects.read(ticker)
        except Busy as failure:
            _log_limit.log(logging.INFO, failure.code, "the reports of a company cannot be read: %s", failure)
            return () if kept is None else kept[1]
        reports = () if stored is None or stored.document is None else stored.document.reports
        self._kept[ticker] = (time.monotonic() + KEPT_S, reports)
        self._kept.move_to_end(ticker)
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return reports
