"""The track record of all stocks, which stands beside the rows of the board."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from common.domain.errors import StoreUnavailable
from common.domain.horizons import horizon_group
from common.runtime.log_limits import LogLimit
from common.sql.repositories.ledger.stocks import StockRecord, list_stock_records
from common.sql.store import SqlStore
from webserver.track_record.models import LEAST_SCORED

DAYS = 30
"""The horizon in calendar days, whose group of similar ones is counted."""
EVERY_S = 300.0
_log_limit = LogLimit(logging.getLogger(__name__))


@dataclass(frozen=True)
class Records:
    """The records of all stocks at a time.

    Args:
        by_ticker: the JSON of each stock's record.
        version: differs if any record does.
    """

    by_ticker: Mapping[str, dict[str, Any]]
    version: str


NO_RECORDS = Records({}, "")


class StockRecords:
    """Reads the records of all stocks by one query, at most every :data:`EVERY_S`.

    Args:
        store: the SQL store.
    """

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._records = NO_RECORDS
        self._due = 0.0
        self._reading = threading.Lock()

    def read(self) -> Records:
        """Return the records; the last ones while the store cannot be used, and none where there is no store."""
        if time.monotonic() >= self._due and self._reading.acquire(blocking=self._due == 0.0):
            try:
                if time.monotonic() >= self._due:
                    self._records = self._newest()
                    self._due = time.monotonic() + EVERY_S
            finally:
                self._reading.release()
        return self._records

    def _newest(self) -> Records:
        group = horizon_group(DAYS)
        try:
            found = self._store.read(partial(list_stock_records, days_from=group.first, days_until=group.last))
        except StoreUnavailable as failure:
            _log_limit.log(logging.INFO, failure.code, "the board has no newer track record: %s", failure)
            return self._records
        views = {ticker: _view(record) for ticker, record in sorted(found.items())}
        return Records(views, hashlib.sha256(json.dumps(views).encode()).hexdigest()[:16] if views else "")


def _view(record: StockRecord) -> dict[str, Any]:
    is_enough = record.forecasts >= LEAST_SCORED
    return {
        "forecasts": record.forecasts,
        "coverage_80": round(record.inside / record.forecasts, 4) if is_enough else None,
    }
