"""The call of a forecast: compute it from the stored prices, and draw its chart."""

from __future__ import annotations

import logging
import time

from common.domain.questions import ForecastQuestion
from common.domain.results import Forecast
from common.domain.track_record import ledger_entry
from forecast_service.calls.output import CallOutput
from forecast_service.calls.stock_events import add_events
from forecast_service.calls.task import Task
from forecast_service.charts.chart import draw_chart
from forecast_service.engine.forecast import make_forecast

_log = logging.getLogger(__name__)


def compute(task: Task[ForecastQuestion]) -> CallOutput:
    """Compute the forecast, and draw its chart.

    Raises:
        PricesGone: the stored prices are missing or damaged.
        Failure: the forecast cannot be computed.
    """
    question, today = task.question, task.today
    started = time.perf_counter()
    stored = task.prices(question.ticker)
    read = time.perf_counter()
    facts = stored.facts
    forecast = make_forecast(stored.series, question, today=today, fetched_at=facts.fetched_at, version=facts.version)
    forecast = add_events(forecast, stored.series, task.company(question.ticker), today)
    made = time.perf_counter()
    chart = draw_chart(forecast)
    drawn = time.perf_counter()
    timings = {"read": read - started, "draw": drawn - made, "total": drawn - started}
    timings_ms = forecast.timings_ms | {name: round(seconds * 1000, 1) for name, seconds in timings.items()}
    return CallOutput(
        forecast.model_copy(update={"timings_ms": timings_ms}).model_dump_json().encode(),
        facts.revision,
        stored.series.last,
        timings_ms,
        chart.png,
        chart.svg_gzip,
        _ledger_entry(forecast),
    )


def _ledger_entry(forecast: Forecast) -> bytes:
    """Return the forecast's entry for the track record. A forecast that has none is answered all the same.

    Only forecasts of the close from the usual past are in the record: others are no promise about the same thing.
    """
    if not forecast.is_standard:
        return b""
    try:
        return ledger_entry(forecast).encode()
    except ValueError:
        _log.exception("the forecast has no entry for the track record")
        return b""
