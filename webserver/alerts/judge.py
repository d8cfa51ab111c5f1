"""Judges alerts: each once for each new close of its stock."""

from __future__ import annotations

import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any, Protocol

from common.domain.errors import Busy, Failure, NotFound
from common.domain.markets.dates import exchange_day
from common.domain.price_chances import chance_below
from common.domain.questions import ForecastQuestion
from common.domain.results import Forecast
from common.runtime.tracing.spans import within_span
from common.sql.repositories.alerts import Alert, Firing, JudgedAlert, list_enabled_alerts, record_judgements
from common.sql.store import SqlStore
from webserver.alerts.conditions import (
    CONDITIONS,
    AnyCondition,
    Band,
    BandCondition,
    ChanceBelowCondition,
    Evidence,
    MissingDataCondition,
)
from webserver.alerts.state import State, next_step
from webserver.stocks.closes import Closes
from webserver.stocks.price_reader import READ_AT_ONCE

BAND_DAYS = 14
"""Calendar days ahead for which ranges are kept: a stock that is refreshed weekly still has one for each close."""
MOST_JUDGED_CLOSES = 30
"""After a longer pause, only the latest closes are judged."""
RECORDED_TOGETHER = 100
"""The most outcomes of a transaction, give or take those of one stock."""
LONGEST_UNRECORDED_S = 1.0
"""Seconds after which outcomes are recorded. Forecasts may take long."""
Outcome = tuple[Alert, JudgedAlert]
_log = logging.getLogger(__name__)


class ClosesReader(Protocol):
    """Reads the closes of stored stocks."""

    def read(self, ticker: str, version: str | None = None) -> Closes:
        """Return the latest closes; raise NotFound or Busy."""


@dataclass(frozen=True)
class JudgingReport:
    """The counts of a run."""

    alerts: int
    judged: int
    fired: int
    failed: int


class AlertJudge:
    """Judges all enabled alerts.

    Args:
        store: the SQL store.
        closes: the closes of stored stocks.
        forecast: returns the finished forecast of a question, or raises a Failure.
        now: the clock.
    """

    def __init__(
        self,
        store: SqlStore,
        closes: ClosesReader,
        forecast: Callable[[ForecastQuestion], Forecast],
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._closes = closes
        self._forecast = forecast
        self._now = now

    def run(self) -> JudgingReport:
        """Judge every alert that has a new close. The failure of one stock or alert stops no other.

        Raises:
            StoreUnavailable: the SQL store cannot be used now. A later run goes on from what this one stored.
        """
        alerts = self._store.read(list_enabled_alerts)
        counts = Counter[str]()
        batch = _Batch(self._record)
        stocks = {ticker: list(group) for ticker, group in groupby(alerts, key=lambda alert: alert.ticker)}
        for ticker, closes in self._read_ahead(stocks):
            outcomes = self._judge_stock(stocks[ticker], closes)
            counts["failed"] += outcomes.failed
            counts.update(batch.add(outcomes.judged))
        counts.update(batch.flush())
        return JudgingReport(len(alerts), counts["judged"], counts["fired"], counts["failed"])

    def _read_ahead(self, tickers: Iterable[str]) -> Iterator[tuple[str, Closes | None]]:
        """Yield each stock's closes in order, None if they cannot be read, while the next ones are being read."""
        with ThreadPoolExecutor(READ_AT_ONCE) as threads:
            reads: deque[tuple[str, Future[Closes | None]]] = deque()
            for ticker in tickers:
                reads.append((ticker, threads.submit(within_span(self._read), ticker)))
                if len(reads) > READ_AT_ONCE:
                    ready, closes = reads.popleft()
                    yield ready, closes.result()
            yield from ((ticker, closes.result()) for ticker, closes in reads)

    def _read(self, ticker: str) -> Closes | None:
        try:
            return self._closes.read(ticker)
        except (NotFound, Busy) as failure:
            _log.warning("no alert of %s could be judged: %s", ticker, failure)
            return None

    def _judge_stock(self, alerts: list[Alert], closes: Closes | None) -> _StockOutcomes:
        if closes is None:
            return _StockOutcomes([], len(alerts))
        today = exchange_day(self._now(), closes.ticker)
        forecasts = _ForecastsOnce(self._forecast)
        found = _StockOutcomes([], 0)
        for alert in alerts:
            try:
                judged = judge_alert(alert, closes, today, forecasts)
            except (Failure, ValueError) as failure:
                _log.warning("an alert of %s could not be judged: %s", closes.ticker, failure)
                found = replace(found, failed=found.failed + 1)
                continue
            if judged is not None:
                found.judged.append((alert, judged))
        return found

    def _record(self, outcomes: Sequence[Outcome]) -> Mapping[str, int]:
        """Store outcomes in one transaction; return how many alerts were judged, fired and failed."""
        now = self._now()
        recorded = self._store.transaction(lambda connection: record_judgements(connection, outcomes, now))
        for (alert, _), fired in zip(outcomes, recorded, strict=True):
            if fired is None:
                _log.warning("the judgement of an alert of %s could not be stored", alert.ticker)
        stored = [fired for fired in recorded if fired is not None]
        return {"judged": len(stored), "fired": sum(stored), "failed": len(recorded) - len(stored)}


@dataclass(frozen=True)
class _StockOutcomes:
    """The outcomes of a stock's alerts that had a new close, and how many alerts could not be judged."""

    judged: list[Outcome]
    failed: int


class _Batch:
    """Collects outcomes, and records them together: a transaction costs more than an outcome.

    A kill loses the outcomes that are not recorded. The next run judges these alerts again.
    """

    def __init__(self, record: Callable[[Sequence[Outcome]], Mapping[str, int]]) -> None:
        self._record = record
        self._outcomes: list[Outcome] = []
        self._record_by = 0.0

    def add(self, outcomes: Iterable[Outcome]) -> Mapping[str, int]:
        """Add outcomes. Return the counts of what was recorded."""
        if not self._outcomes:
            self._record_by = time.monotonic() + LONGEST_UNRECORDED_S
        self._outcomes += outcomes
        if len(self._outcomes) >= RECORDED_TOGETHER or time.monotonic() > self._record_by:
            return self.flush()
        return {}

    def flush(self) -> Mapping[str, int]:
        """Record what is left. Return its counts."""
        outcomes, self._outcomes = self._outcomes, []
        return self._record(outcomes) if outcomes else {}


def judge_alert(
    alert: Alert, closes: Closes, today: date, forecast: Callable[[ForecastQuestion], Forecast]
) -> JudgedAlert | None:
    """Return the outcome of judging an alert's new closes, oldest first; None if there is nothing new.

    Raises:
        Failure: the forecast that the condition needs failed.
        ValueError: a stored parameter is wrong.
    """
    condition = CONDITIONS.validate_python({"kind": alert.kind, **alert.parameters})
    new = _new_days(alert, closes, today, condition)
    if not new:
        return None
    latest = forecast(_question(condition, alert.ticker)) if condition.needs_forecast else None
    state, firings = _state_of(alert), []
    for day in new:
        evidence = _evidence(condition, alert.bands, closes.until(day), today, latest)
        judgement = condition.judge(evidence)
        step = next_step(condition, state, judgement)
        state = step.state
        if step.fires:
            firings.append(Firing(evidence.closes.last_day, judgement.sentence, judgement.facts))
    bands = bands_of(latest) if latest is not None and condition.needs_band else {}
    return JudgedAlert(state, new[-1], bands, firings)


def bands_of(forecast: Forecast) -> dict[str, Any]:
    """Return the ranges of a forecast by day, as an alert stores them."""
    made_on, level = forecast.as_of.isoformat(), forecast.interval.level
    return {
        point.date.isoformat(): {"lower": point.lower, "upper": point.upper, "level": level, "made_on": made_on}
        for point in forecast.forecast
    }


def _new_days(alert: Alert, closes: Closes, today: date, condition: AnyCondition) -> list[date]:
    """Return the days to judge. Only the newest close counts for a condition that needs a fresh forecast.

    Missing data is judged on each day without a close, too; its event has the date of the last close, so that it fires
    once.
    """
    if isinstance(condition, MissingDataCondition):
        return [today] if alert.judged_through is None or alert.judged_through < today else []
    new = [day for day in closes.days if alert.judged_through is None or day > alert.judged_through]
    if isinstance(condition, ChanceBelowCondition):
        return new[-1:]
    return new[-MOST_JUDGED_CLOSES:] if alert.judged_through else new[-1:]


def _evidence(
    condition: AnyCondition, bands: Mapping[str, Any], closes: Closes, today: date, latest: Forecast | None
) -> Evidence:
    band = bands.get(closes.last_day.isoformat()) if isinstance(condition, BandCondition) else None
    return Evidence(
        closes,
        today,
        Band(band["lower"], band["upper"], band["level"], date.fromisoformat(band["made_on"])) if band else None,
        _chance_below(condition, latest),
    )


def _chance_below(condition: AnyCondition, latest: Forecast | None) -> float | None:
    if not isinstance(condition, ChanceBelowCondition) or latest is None or latest.distribution is None:
        return None
    return chance_below(latest.distribution, condition.price).probability


def _question(condition: AnyCondition, ticker: str) -> ForecastQuestion:
    if isinstance(condition, ChanceBelowCondition):
        return ForecastQuestion(ticker=ticker, days=condition.days)
    level = condition.level if isinstance(condition, BandCondition) else 0.8
    return ForecastQuestion(ticker=ticker, days=BAND_DAYS, level=level)


def _state_of(alert: Alert) -> State:
    return "fired" if alert.state == "fired" else "armed"


class _ForecastsOnce:
    """Asks for each forecast of a stock once, however many alerts need it."""

    def __init__(self, forecast: Callable[[ForecastQuestion], Forecast]) -> None:
        self._forecast = forecast
        self._found: dict[ForecastQuestion, Forecast] = {}

    def __call__(self, question: ForecastQuestion) -> Forecast:
        """Return the forecast of a question; raise the Failure of a failed one."""
        if question not in self._found:
            self._found[question] = self._forecast(question)
        return self._found[question]
