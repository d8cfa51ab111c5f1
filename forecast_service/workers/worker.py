"""What runs in a pool's worker process: read the prices, make the forecast, draw it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache

import numpy as np
import pandas as pd

from common.domain.prices import COLUMNS, CorruptPrices, PriceSeries
from common.domain.questions import Question
from common.runtime.logs import log_to_stdout
from common.s3.price_store import PriceStore, StoredFacts, StoredSeries, s3_client
from common.service.settings import StoreSettings, loaded
from forecast_service.charts.chart import draw_chart
from forecast_service.engine.forecast import make_forecast
from forecast_service.workers.outcome import PricesGone, WorkerOutput

NICENESS = 5
"""Whoever only answers or passes on comes first, where there is more to do than there are cores."""
KEPT_SERIES = 32
"""Ten years of prices are 150 kB; the tickers that everybody asks for are read from S3 once."""


@dataclass
class _Process:
    """What one worker process keeps between tasks."""

    store: PriceStore | None = None
    kept: dict[str, StoredSeries] = field(default_factory=dict)
    """By ticker; the one that was asked for last is the last."""


_process = _Process()


def prepare(bucket: str) -> None:
    """Be ready for the first task: connected and warm."""
    os.nice(NICENESS)
    settings = loaded(StoreSettings)
    log_to_stdout("forecast_service", settings.log_level, settings.log_format)
    warm_up()
    _process.store = PriceStore(s3_client(connections=2, checksums=settings.sends_checksums), bucket)


@cache
def warm_up() -> None:
    """Do once, here or in the process from which this one is forked, what would make the first task a second slower."""
    s3_client()  # boto3 keeps the descriptions of S3 that it has read
    days = pd.bdate_range("2020-01-01", periods=300, name="date")
    closes = 100 + np.sin(np.arange(300.0))
    series = PriceSeries("WARM", "none", "USD", pd.DataFrame(dict.fromkeys(COLUMNS, closes), index=days))
    now = datetime(2021, 3, 1, tzinfo=UTC)
    draw_chart(make_forecast(series, Question(ticker="WARM", days=5), today=now.date(), fetched_at=now, version=""))


def make(question: Question, today: date) -> WorkerOutput:
    """Answer a question from the stored prices as they are now.

    Raises:
        PricesGone: there is nothing (whole) to read.
        Failure: the forecast cannot be made.
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
    return WorkerOutput(body, chart.png, chart.svg_gzip, facts.revision, forecast.counted_from, timings_ms, age_days)


def _stored(ticker: str) -> StoredSeries:
    """The prices as they are stored now; a body that was read before is not read again."""
    if _process.store is None:
        raise PricesGone("this worker was not prepared")
    kept = _process.kept
    known = kept.get(ticker)
    facts = _process.store.facts(ticker) if known else None
    if known and facts and facts.version == known.facts.version:
        # Fetched again and found the same: the body is the one that was read, the facts are newer.
        stored = StoredSeries(facts, _with_findings(known.series, facts))
    else:
        stored = _read(_process.store, ticker)
    kept.pop(ticker, None)
    kept[ticker] = stored
    if len(kept) > KEPT_SERIES:
        del kept[next(iter(kept))]
    return stored


def _with_findings(series: PriceSeries, facts: StoredFacts) -> PriceSeries:
    """Return ``series`` with what the newest checks found in the same prices."""
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
