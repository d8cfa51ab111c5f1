"""Scores the forecasts whose target day has come, and corrects scores of closes that their source has changed since."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from common.domain.errors import Busy, NotFound
from common.domain.markets.dates import exchange_day
from common.domain.outcomes import Outcome, scored_outcome
from common.domain.track_record import LedgerEntry
from common.sql.repositories.ledger.entries import (
    NewOutcome,
    RecordedForecast,
    append_outcomes,
    list_due_forecasts,
    list_due_tickers,
    list_recent_outcomes,
)
from common.sql.repositories.ledger.stocks import list_tickers_with_outcomes
from common.sql.store import SqlStore
from webserver.stocks.price_reader import PriceReader
from webserver.stocks.recent_closes import parse_closes

GRACE_DAYS = 10
"""Calendar days after the target day within which a source may still add or repair a close."""
PATIENCE_DAYS = 90
"""Calendar days after which a forecast is given up whose prices nobody has fetched again from the same source."""
CORRECTED_DAYS = 30
"""Calendar days after the target day within which a changed close corrects a score."""
MOST_AT_ONCE = 500
_ALL_ROWS = 100_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StoredCloses:
    """The stored closes of a stock, with their source, version and the exchange's day on which they were fetched."""

    source: str
    version: str
    fetched_on: date
    closes: Mapping[date, float]

    @property
    def last_day(self) -> date:
        """The date of the newest close."""
        return max(self.closes)


@dataclass(frozen=True)
class ScoringReport:
    """The number of outcomes by status, of corrections, of forecasts that still wait, and of unreadable stocks."""

    outcomes: Mapping[str, int]
    corrected: int
    waiting: int
    failed: int


class TrackRecordScorer:
    """Scores what is due. A run that ends early is continued by the next one, and two at once score everything once.

    Args:
        store: the SQL store.
        read_closes: returns the stored closes of a stock; raises NotFound or Busy.
        now: the clock.
    """

    def __init__(
        self, store: SqlStore, read_closes: Callable[[str], StoredCloses], now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._read_closes = read_closes
        self._now = now

    def run(self) -> ScoringReport:
        """Score and correct. The failure of one stock stops no other.

        Raises:
            StoreUnavailable: the SQL store cannot be used now.
        """
        counts: Counter[str] = Counter()
        for ticker in self._tickers():
            today = exchange_day(self._now(), ticker)
            try:
                stored = self._read(ticker)
            except Busy as failure:
                _log.warning("no forecast of %s could be scored: %s", ticker, failure)
                counts["failed"] += 1
                continue
            counts.update(self._score_due(ticker, stored, today))
            if stored is not None:
                counts["corrected"] += self._correct(ticker, stored, today)
        special = {name: counts.pop(name, 0) for name in ("corrected", "waiting", "failed")}
        return ScoringReport(dict(counts), **special)

    def _tickers(self) -> list[str]:
        latest = self._now().date() + timedelta(days=1)  # of all time zones
        recent = latest - timedelta(days=CORRECTED_DAYS)
        due = self._store.read(lambda connection: list_due_tickers(connection, latest))
        return sorted({*due, *self._store.read(lambda connection: list_tickers_with_outcomes(connection, recent))})

    def _read(self, ticker: str) -> StoredCloses | None:
        try:
            return self._read_closes(ticker)
        except NotFound:
            return None

    def _score_due(self, ticker: str, stored: StoredCloses | None, today: date) -> Counter[str]:
        counts: Counter[str] = Counter()
        for page in self._pages(ticker, today):
            judged = [(forecast, outcome_of(forecast.entry, stored, today)) for forecast in page]
            new = [NewOutcome(forecast, outcome) for forecast, outcome in judged if outcome is not None]
            appended = self._append(new)
            counts.update(one.outcome.status for one in appended)
            counts["waiting"] += len(page) - len(new)
        return counts

    def _pages(self, ticker: str, today: date) -> Iterator[list[RecordedForecast]]:
        after = 0
        while True:
            page = self._store.read(
                partial(list_due_forecasts, ticker=ticker, until=today, after=after, most=MOST_AT_ONCE)
            )
            if not page:
                return
            yield page
            after = page[-1].number

    def _correct(self, ticker: str, stored: StoredCloses, today: date) -> int:
        since = today - timedelta(days=CORRECTED_DAYS)
        recent = self._store.read(lambda connection: list_recent_outcomes(connection, ticker, since))
        new = []
        for forecast, recorded in recent:
            outcome = outcome_of(forecast.entry, stored, today)
            if outcome is not None and outcome.status == "scored" and outcome.differs_from(recorded.outcome):
                new.append(NewOutcome(forecast, outcome, recorded))
        return len(self._append(new))

    def _append(self, new: Sequence[NewOutcome]) -> list[NewOutcome]:
        if not new:
            return []
        now = self._now()
        return self._store.transaction(lambda connection: append_outcomes(connection, new, now))


def outcome_of(entry: LedgerEntry, stored: StoredCloses | None, today: date) -> Outcome | None:
    """Return the outcome of a forecast on a day of its exchange; None while a score may still come."""
    waited = (today - entry.target_date).days
    is_given_up = waited > PATIENCE_DAYS
    if stored is None:
        return Outcome(status="no_prices") if is_given_up else None
    if stored.source != entry.source:
        return Outcome(status="other_source") if is_given_up else None
    close = stored.closes.get(entry.target_date)
    if close is not None:
        outcome = scored_outcome(entry, stored.closes.get(entry.as_of), close, stored.version)
        return outcome if outcome.status == "scored" or waited > GRACE_DAYS else None
    return _without_close(entry, stored, waited)


def _without_close(entry: LedgerEntry, stored: StoredCloses, waited: int) -> Outcome | None:
    if waited <= GRACE_DAYS:
        return None
    if stored.last_day > entry.target_date:
        return Outcome(status="no_close")
    if (stored.fetched_on - entry.target_date).days > GRACE_DAYS:
        return Outcome(status="ended")
    return Outcome(status="not_refreshed") if waited > PATIENCE_DAYS else None


def make_closes_reader(prices: PriceReader) -> Callable[[str], StoredCloses]:
    """Return a function that reads all stored closes of a stock."""

    def read(ticker: str) -> StoredCloses:
        with prices.reading(ticker, "1d") as stored:
            closes = parse_closes(ticker, stored, _ALL_ROWS)
        facts = stored.facts
        fetched_on = exchange_day(facts.fetched_at, ticker)
        days = dict(zip(closes.days, closes.values, strict=True))
        return StoredCloses(facts.source, facts.version, fetched_on, days)

    return read
