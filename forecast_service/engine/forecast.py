"""The steps from prices and a question to a finished forecast."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.domain.errors import TooLittleData
from common.domain.fields import volume_unit
from common.domain.markets.currencies import UNKNOWN_CURRENCY
from common.domain.markets.dates import counting_start, is_stale
from common.domain.markets.exchanges import EVERY_DAY
from common.domain.markets.instruments import follows_stocks
from common.domain.markets.price_steps import is_step, steps_a_year
from common.domain.markets.trading_calendars import calendar_of
from common.domain.plausibility import drop_implausible_rows
from common.domain.prices import MIN_ROWS, PriceSeries
from common.domain.questions import ForecastQuestion
from common.domain.results import ENGINE, DataUsed, Forecast, Interval, ModelUsed
from forecast_service.engine.data_flags import data_flags
from forecast_service.engine.distribution.drift import TRADING_DAYS_A_YEAR
from forecast_service.engine.distribution.paths import Paths, simulate
from forecast_service.engine.evaluation.scores import backtest_scores
from forecast_service.engine.evaluation.summary import summary
from forecast_service.engine.fields import field_values
from forecast_service.engine.models import (
    ModelInput,
    ModelOutput,
    blend_output,
    last_price_output,
    prophet_output,
)
from forecast_service.engine.result_values import ResultValues
from forecast_service.engine.risk import chances_of, risk_of
from forecast_service.engine.stopwatch import Stopwatch
from forecast_service.engine.trading_days import forecast_days, target_date
from forecast_service.engine.volume.output import VolumeOutput, volume_output
from forecast_service.engine.volume.prophet import prophet_volume_output

FloatArray = npt.NDArray[np.float64]

MODELS = {"blend": blend_output, "last_price": last_price_output, "prophet": prophet_output}


def make_forecast(
    series: PriceSeries, question: ForecastQuestion, *, today: date, fetched_at: datetime, version: str
) -> Forecast:
    """Make the forecast that ``question`` asks for.

    Args:
        series: the stored prices.
        question: ticker, days, model, level, field and the length of the past.
        today: the date at the ticker's exchange.
        fetched_at: the time at which the source returned the prices.
        version: the version of the stored prices.

    Raises:
        ImplausiblePrices: the closes of the last ten years change their unit, or are beyond every sensible range.
        TooLittleData: the past that is used holds too few prices.
        FieldUnavailable: too few of its days have the field.
        ForecastFailed: the model failed on them.
    """
    history = _used_history(drop_implausible_rows(series.take_last_years()), question.history_days)
    values = field_values(history, question.field)
    as_of = pd.Timestamp(values.index[-1]).date()
    counted_from = counting_start(as_of, today)
    calendar = calendar_of(history.ticker, pd.DatetimeIndex(history.frame.index))
    target = target_date(counted_from, question.days, calendar)
    days = forecast_days(as_of, target, calendar)
    stopwatch = Stopwatch()
    parts = (_volume_parts if question.field == "volume" else _price_parts)(
        ModelInput.of(values, days, with_drift=_has_drift(history.ticker, calendar)), question, calendar, stopwatch
    )
    end, closes, backtest = parts["forecast"][-1], parts["series"], parts["backtest"]
    forecast = Forecast(
        ticker=history.ticker,
        days=question.days,
        as_of=as_of,
        last_close=closes[-1].close,
        counted_from=counted_from,
        target_date=end.date,
        predicted_price=end.price,
        currency=UNKNOWN_CURRENCY if question.field == "volume" else history.currency,
        interval=Interval(level=question.level, lower=end.lower, upper=end.upper),
        verdict="",
        data=DataUsed(
            source=history.source,
            rows=len(values),
            first=pd.Timestamp(values.index[0]).date(),
            last=as_of,
            fetched_at=fetched_at,
            stale=is_stale(as_of, today),
            version=version,
            flags=data_flags(history, calendar, backtest, end.date, question.field),
        ),
        timings_ms=stopwatch.timings_ms,
        field=question.field,
        unit=volume_unit(history.ticker) if question.field == "volume" else history.currency,
        history_days=question.history_days,
        **parts,
    )
    return forecast.model_copy(update={"verdict": summary(forecast)})


def _used_history(history: PriceSeries, days: int | None) -> PriceSeries:
    """Return the last ``days`` calendar days of a history, counted back from its newest price; all of it for None."""
    history.require_rows()
    if days is None:
        return history
    used = replace(
        history, frame=history.frame[history.frame.index > history.frame.index[-1] - pd.Timedelta(days=days)]
    )
    if len(used) < MIN_ROWS:
        raise TooLittleData(
            f"The last {days} days of {history.ticker} hold {len(used)} prices; a forecast needs at least "
            f"{MIN_ROWS}. Use a longer history_days."
        )
    return used


def _price_parts(
    model_input: ModelInput, question: ForecastQuestion, calendar: str, stopwatch: Stopwatch
) -> dict[str, Any]:
    """Return the fields of the result that the models of prices compute. The risk is that of holding at the close."""
    output = MODELS[question.model](model_input, stopwatch)
    paths = _simulate(output, stopwatch)
    result = ResultValues(model_input.closes, model_input.days, output.curves)
    backtest = output.backtest and backtest_scores(output.backtest, model_input.closes, question.level)
    past, distribution = result.past(), result.distribution(paths)
    days = len(model_input.days)
    return {
        "backtest": backtest,
        "model": ModelUsed(name=question.model, version=ENGINE, prophet_weight=output.weight),
        "series": past,
        "forecast": result.future(question.level, output.prophet),
        "distribution": distribution,
        "chances": chances_of(distribution, past[-1].close),
        "risk": risk_of(output.curves[-1], paths, output.volatility, days, _days_a_year(calendar))
        if question.field == "close"
        else None,
        "sample_paths": result.sample_paths(paths),
        "components": result.components(output.fit),
        "yardstick": past[-1].close,
    }


def _volume_parts(
    model_input: ModelInput, question: ForecastQuestion, _calendar: str, stopwatch: Stopwatch
) -> dict[str, Any]:
    """Return the fields of the result that the models of volume compute: it has no gain, no risk and no paths."""
    output = _volume_output(model_input, question.model, stopwatch)
    result = ResultValues(model_input.closes, model_input.days, output.curves)
    backtest = output.backtest and backtest_scores(
        output.backtest, model_input.closes, question.level, output.references
    )
    return {
        "backtest": backtest,
        "model": ModelUsed(name=question.model, version=ENGINE, prophet_weight=float(question.model == "prophet")),
        "series": result.past(),
        "forecast": result.future(question.level, None),
        "distribution": result.distribution(None),
        "yardstick": float(f"{output.yardsticks[-1]:.8g}"),
    }


def _volume_output(model_input: ModelInput, model: str, stopwatch: Stopwatch) -> VolumeOutput:
    if model == "prophet":
        return prophet_volume_output(model_input.closes, model_input.days, stopwatch)
    return volume_output(model_input.closes, model_input.days, stopwatch, is_yardstick=model == "last_price")


def _has_drift(ticker: str, calendar: str) -> bool:
    """Return whether the median price drifts: that of stocks does; what trades at weekends is no stock.

    The prior of the drift is that of a trading day, so weekly and monthly prices have none.
    """
    return follows_stocks(ticker) and calendar != EVERY_DAY and not is_step(calendar)


def _days_a_year(calendar: str) -> int:
    if is_step(calendar):
        return steps_a_year(calendar)
    return 365 if calendar == EVERY_DAY else TRADING_DAYS_A_YEAR


def _simulate(output: ModelOutput, stopwatch: Stopwatch) -> Paths:
    with stopwatch.lap("paths"):
        volatility = output.volatility
        recent, long_run = volatility.recent[-1], volatility.long_run[-1]
        return simulate(output.curves, output.daily_shape, recent, long_run, output.drift_deviation)
