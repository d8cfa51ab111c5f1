"""The work of a worker process: prepare, read prices, carry out calls, report progress."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from multiprocessing.connection import Connection

import numpy as np
import pandas as pd

from common.domain.companies.document import CompanyDocument
from common.domain.errors import Busy
from common.domain.prices import COLUMNS, PriceSeries
from common.domain.progress import WorkProgress
from common.domain.questions import ForecastQuestion
from common.runtime.call_time_limits import call_deadline
from common.runtime.logs import log_to_stdout
from common.runtime.settings_loading import load_settings
from common.s3.company_objects import CompanyObjects
from common.s3.price_store import PriceStore, StoredSeries, make_s3_client
from common.service.settings import StoreSettings
from forecast_service.calls.input import CallInput
from forecast_service.calls.output import CallOutput, PricesGone
from forecast_service.calls.task import Task
from forecast_service.charts.chart import draw_chart
from forecast_service.engine.forecast import make_forecast
from forecast_service.workers.cached_prices import CachedPrices
from forecast_service.workers.progress_pipe import ProgressReports

CACHED_COMPANIES = 200
COMPANY_KEPT_S, NO_COMPANY_KEPT_S = 300.0, 20.0
"""Seconds until the facts about a company are read again, and until they are looked for again where there were none."""
COMPANY_S = 1.0
"""The most seconds of a read of the facts about a company, which a forecast can do without."""


def _ignore(progress: WorkProgress) -> None:
    """Do nothing with a report of progress."""


@dataclass(frozen=True)
class _ReadCompany:
    """A stored document, or None without one, and until when (monotonic seconds) it is not read again."""

    document: CompanyDocument | None
    until: float


@dataclass
class _Process:
    """The state of a worker process between tasks."""

    store: PriceStore | None = None
    prices: CachedPrices | None = None
    report: Callable[[WorkProgress], None] = _ignore
    companies: CompanyObjects | None = None
    read_companies: dict[str, _ReadCompany] = field(default_factory=dict)


_process = _Process()


def prepare(bucket: str, niceness: int, progress: Connection) -> None:
    """Prepare the process for its first task.

    Args:
        bucket: the bucket of the prices.
        niceness: the increment of the process's nice value.
        progress: the end of a pipe that takes the progress of the present task.
    """
    os.nice(niceness)
    _process.report = ProgressReports(progress).send
    settings = load_settings(StoreSettings)
    log_to_stdout("forecast_service", settings.log_level, settings.log_format)
    run_once()
    client = make_s3_client(connections=2, checksums=settings.sends_checksums)
    _process.store, _process.companies = PriceStore(client, bucket), CompanyObjects(client, bucket)
    _process.prices = CachedPrices(_process.store)


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
    question = ForecastQuestion(ticker="WARM", days=5)
    draw_chart(make_forecast(series, question, today=now.date(), fetched_at=now, version=""))


def compute(module: str, call: CallInput, ends_at: float) -> CallOutput:
    """Carry out a call.

    Args:
        module: the module of the kind of analysis.
        call: the input of the call.
        ends_at: the time of the monotonic clock at which this process is ended.

    Raises:
        PricesGone: the stored prices are missing or damaged.
        Failure: the call cannot be carried out.
    """
    question = call.question

    def prices(ticker: str) -> StoredSeries:
        return _prices(ticker, call.prices_version if ticker == question.ticker else None)

    task = Task(question, call.today, prices, _process.report, _list_tickers, ends_at, call.sources, _company)
    output: CallOutput = import_module(module).compute(task)
    return output


def _prices(ticker: str, expected: str | None = None) -> StoredSeries:
    if _process.prices is None:
        raise PricesGone("the worker process is not prepared")
    return _process.prices.read(ticker, expected)


def _company(ticker: str) -> CompanyDocument | None:
    """Return the stored facts about a company. Without them, or without S3, the forecast is complete as well."""
    known = _process.read_companies.get(ticker)
    if known and time.monotonic() < known.until:
        return known.document
    document = None
    if _process.companies is not None:
        with suppress(Busy), call_deadline(COMPANY_S):
            stored = _process.companies.read(ticker)
            document = stored.document if stored else None
    if len(_process.read_companies) >= CACHED_COMPANIES:
        _process.read_companies.clear()
    kept_s = COMPANY_KEPT_S if document else NO_COMPANY_KEPT_S
    _process.read_companies[ticker] = _ReadCompany(document, time.monotonic() + kept_s)
    return document


def _list_tickers() -> Iterator[str]:
    """Yield the tickers with stored prices, in order."""
    if _process.store is None:
        raise PricesGone("the worker process is not prepared")
    yield from _process.store.objects.list_tickers()
