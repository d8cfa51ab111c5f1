"""The work of a worker process: read the prices, compute the forecast, draw its chart."""

from __future__ import annotations

import logging
import os
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache

import numpy as np
import pandas as pd

from common.domain.prices import COLUMNS, CorruptPrices, PriceSeries
from common.domain.questions import Question
from common.domain.results import Forecast
from common.domain.track_record import ledger_entry
from common.runtime.logs import log_to_stdout
from common.runtime.settings_loading import load_settings
from common.s3.price_store import PriceStore, StoredFacts, StoredSeries, make_s3_client
from common.service.settings import StoreSettings
from forecast_service.charts.chart import draw_chart
from forecast_service.engine.forecast import make_forecast
from forecast_service.workers.outcome import PricesGone, WorkerOutput

NICENESS = 5
"""Requests and orders have priority over computation where there are too few cores."""
CACHED_SERIES = 32
"""Ten years of prices take 150 kB."""


@dataclass
class _Process:
    """The state of a worker process between tasks."""

    store: PriceStore | None = None
    cached: dict[str, StoredSeries] = field(default_factory=dict)
    """Prices by ticker, the least recently used first."""


_process = _Process()
_log = logging.getLogger(__name__)


def prepare(bucket: str) -> None:
    """Prepare the process for its first task."""
    os.nice(NICENESS)
    settings = load_settings(StoreSettings)
    log_to_stdout("forecast_service", settings.log_level, settings.log_format)
    run_once()
    _process.store = PriceStore(make_s3_client(connections=2, checksums=settings.sends_checksums), bucket)


@cache
def run_once() -> None:
    """Compute one forecast, which would otherwise make the first task a second slower.

    The fork server has done this where the process is forked from it.
    """
    make_s3_client()  # boto3 caches its descriptions of S3
    days = pd.bdate_range("2020-01-01", periods=300, name="date")
    closes = 100 + np.sin(np.arange(300.0))
    series = PriceSeries("WARM", "none", "USD", pd.DataFrame(dict.fromkeys(COLUMNS, closes), index=days))
    now = datetime(2021, 3, 1, tzinfo=UTC)
    draw_chart(make_forecast(series, Question(ticker="WARM", days=5), today=now.date(), fetched_at=now, version=""))


def compute(question: Question, today: date) -> WorkerOutput:
    """Compute the forecast that ``question`` asks for, and draw its chart.

    Raises:
        PricesGone: the stored prices are missing or damaged.
        Failure: the forecast cannot be computed.
    """
    started = time.perf_counter()
    stored = _stored(question.ticker)
    read = time.perf_counter()
    facts = stored.facts
    forecast = make_forecast(stored.series, question, today=today, fetched_at=facts.fetched_at, version=facts.version)
    made = time.perf_counter()
    chart = draw_chart(forecast)
    drawn = time.perf_counter()
    timings = {"read": read - started, "draw": drawn - made, "total": drawn - started}
    timings_ms = forecast.timings_ms | {name: round(seconds * 1000, 1) for name, seconds in timings.items()}
    body = forecast.model_copy(update={"timings_ms": timings_ms}).model_dump_json().encode()
    age_days = (today - stored.series.last).days
    return WorkerOutput(
        body,
        chart.png,
        chart.svg_gzip,
        facts.revision,
        forecast.counted_from,
        timings_ms,
        age_days,
        _ledger_entry(forecast),
    )


def _ledger_entry(forecast: Forecast) -> bytes:
    """Return the forecast's entry for the track record. A forecast that has none is answered all the same."""
    try:
        return ledger_entry(forecast).encode()
    except ValueError:
        _log.exception("the forecast has no entry for the track record")
        return b""


def _stored(ticker: str) -> StoredSeries:
    """Return the stored prices. Prices of an unchanged version come from the cache."""
    if _process.store is None:
        raise PricesGone("the worker process is not prepared")
    cached = _process.cached
    known = cached.get(ticker)
    facts = _process.store.read_facts(ticker) if known else None
    if known and facts and facts.version == known.facts.version:
        # The prices are unchanged, but a later fetch may have changed the facts about them.
        stored = StoredSeries(facts, _with_flags(known.series, facts))
    else:
        stored = _read(_process.store, ticker)
    cached.pop(ticker, None)
    cached[ticker] = stored
    if len(cached) > CACHED_SERIES:
        del cached[next(iter(cached))]
    return stored


def _with_flags(series: PriceSeries, facts: StoredFacts) -> PriceSeries:
    """Return ``series`` with the flags of the newest checks."""
    if (series.flags, series.dropped) == (facts.flags, facts.dropped):
        return series
    return replace(series, flags=facts.flags, dropped=facts.dropped)


def _read(store: PriceStore, ticker: str) -> StoredSeries:
    try:
        stored = store.read(ticker)
    except CorruptPrices as exc:
        raise PricesGone(str(exc)) from exc
    if stored is None:
        raise PricesGone(f"no prices of {ticker} are stored")
    return stored
