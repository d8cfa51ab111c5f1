"""Forecasts of past evenings from stored prices, each from the prices up to its evening alone, with their outcomes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

import pandas as pd

from common.domain.errors import BadData, ForecastFailed
from common.domain.outcomes import Outcome, scored_outcome
from common.domain.prices import PriceSeries
from common.domain.questions import ForecastQuestion
from common.domain.track_record import Kind, LedgerEntry, ledger_entry
from common.sql.repositories.ledger.entries import FinishedForecast
from common.sql.repositories.ledger.replay import Evening, ReplayedForecast
from forecast_service.engine.forecast import make_forecast

_EVENING = time(22, tzinfo=UTC)


@dataclass(frozen=True)
class ReplayTask:
    """Some evenings of a stock that are forecast in one process.

    Args:
        series: the stored prices.
        version: their version.
        kind: the kind of the entries.
        evenings: the days and horizons.
    """

    series: PriceSeries
    version: str
    kind: Kind
    evenings: Sequence[Evening]


def replay_kind(source: str) -> Kind:
    """Return the kind of a replay from prices of ``source``. The bundled sample is kept apart."""
    return "replay_sample" if source == "sample" else "replay"


def replay_task(task: ReplayTask) -> list[ReplayedForecast]:
    """Return the forecasts of a task. An evening from which none can be made, or that is not due, has none."""
    found = (replay_evening(task, evening) for evening in task.evenings)
    return [one for one in found if one is not None]


def replay_evening(task: ReplayTask, evening: Evening) -> ReplayedForecast | None:
    """Return the forecast of one evening; None if its target day is after the stored prices, or none can be made."""
    as_of, days = evening
    entry = past_entry(task.series, as_of, days, task.kind)
    if entry is None or entry.target_date > task.series.last:
        return None
    made_at = datetime.combine(as_of, _EVENING)
    return ReplayedForecast(FinishedForecast(entry.encode(), entry, made_at), _outcome(entry, task))


def past_entry(series: PriceSeries, as_of: date, days: int, kind: Kind) -> LedgerEntry | None:
    """Return the entry that the evening of ``as_of`` would have made; None if the prices until then allow none.

    No price after ``as_of`` has an influence on it. ``prices_version`` is a hash of the closes up to that day, because
    the version of the stored prices covers later ones too.
    """
    known = replace(series, frame=series.frame.loc[: pd.Timestamp(as_of)], dropped=0, flags=())
    question = ForecastQuestion(ticker=series.ticker, days=days)
    fetched_at = datetime.combine(as_of, _EVENING)
    try:
        forecast = make_forecast(known, question, today=as_of, fetched_at=fetched_at, version=_version(known))
    except (BadData, ForecastFailed):
        return None
    return ledger_entry(forecast).model_copy(update={"kind": kind})


def _version(known: PriceSeries) -> str:
    closes = known.frame["close"]
    return hashlib.sha256(closes.index.to_numpy().tobytes() + closes.to_numpy().tobytes()).hexdigest()


def _outcome(entry: LedgerEntry, task: ReplayTask) -> Outcome:
    closes = task.series.frame["close"]
    target = pd.Timestamp(entry.target_date)
    if target not in closes.index:
        return Outcome(status="no_close")
    return scored_outcome(entry, float(closes[pd.Timestamp(entry.as_of)]), float(closes[target]), task.version)
