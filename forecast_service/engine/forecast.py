"""The steps from prices and a question to a finished forecast."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.domain.errors import ForecastFailed
from common.domain.markets.dates import counting_start, is_stale
from common.domain.markets.exchanges import EVERY_DAY
from common.domain.markets.instruments import follows_stocks
from common.domain.markets.trading_calendars import calendar_of
from common.domain.plausibility import drop_implausible_rows
from common.domain.prices import PriceSeries
from common.domain.questions import ForecastQuestion
from common.domain.results import (
    ENGINE,
    QUANTILE_LEVELS,
    Components,
    DataUsed,
    Distribution,
    Forecast,
    FuturePrice,
    Interval,
    ModelUsed,
    PastClose,
    SamplePaths,
)
from forecast_service.engine.data_flags import data_flags
from forecast_service.engine.distribution.drift import TRADING_DAYS_A_YEAR
from forecast_service.engine.distribution.grid import quantiles_at
from forecast_service.engine.distribution.interval import interval_bounds
from forecast_service.engine.distribution.paths import Paths, simulate
from forecast_service.engine.evaluation.scores import backtest_scores
from forecast_service.engine.evaluation.summary import summary
from forecast_service.engine.models import (
    ModelInput,
    ModelOutput,
    blend_output,
    last_price_output,
    prophet_output,
)
from forecast_service.engine.prophet.components import components_of
from forecast_service.engine.risk import (
    chances_of,
    end_percentiles,
    highest_percentiles,
    lowest_percentiles,
    risk_of,
)
from forecast_service.engine.stopwatch import Stopwatch
from forecast_service.engine.trading_days import forecast_days, target_date

FloatArray = npt.NDArray[np.float64]

MODELS = {"blend": blend_output, "last_price": last_price_output, "prophet": prophet_output}
SHOWN_YEARS = 2
SIGNIFICANT_DIGITS = 8
"""Enough for cents up to 999999.99. More would double the JSON of 10000 days."""
MOST_DECIMALS = 300
"""Ten to the power of more decimals is no finite number."""


def make_forecast(
    series: PriceSeries, question: ForecastQuestion, *, today: date, fetched_at: datetime, version: str
) -> Forecast:
    """Make the forecast that ``question`` asks for.

    Args:
        series: the stored prices.
        question: ticker, days, model and level.
        today: the date at the ticker's exchange.
        fetched_at: the time at which the source returned the prices.
        version: the version of the stored prices.

    Raises:
        ImplausiblePrices: the closes of the last ten years change their unit, or are beyond every sensible range.
        TooLittleData: the last ten years hold too few prices.
        ForecastFailed: the model failed on them.
    """
    history = drop_implausible_rows(series.take_last_years())
    history.require_rows()
    counted_from = counting_start(history.last, today)
    calendar = calendar_of(history.ticker, pd.DatetimeIndex(history.frame.index))
    target = target_date(counted_from, question.days, calendar)
    days = forecast_days(history.last, target, calendar)
    stopwatch = Stopwatch()
    model_input = ModelInput(history.frame["close"], days, with_drift=_has_drift(history.ticker, calendar))
    output = MODELS[question.model](model_input, stopwatch)
    paths = _simulate(output, stopwatch)
    backtest = backtest_scores(output.backtest, model_input.closes, question.level) if output.backtest else None
    closes = _past_closes(history.take_last_years(SHOWN_YEARS))
    future = _future_prices(model_input, output, question.level)
    end = future[-1]
    distribution = _price_percentiles(model_input, output, paths)
    forecast = Forecast(
        ticker=history.ticker,
        days=question.days,
        as_of=history.last,
        last_close=closes[-1].close,
        counted_from=counted_from,
        target_date=end.date,
        predicted_price=end.price,
        currency=history.currency,
        interval=Interval(level=question.level, lower=end.lower, upper=end.upper),
        backtest=backtest,
        verdict="",
        model=ModelUsed(name=question.model, version=ENGINE, prophet_weight=output.weight),
        data=_data_used(history, data_flags(history, backtest, end.date), today, fetched_at, version),
        series=closes,
        forecast=future,
        distribution=distribution,
        chances=chances_of(distribution, closes[-1].close),
        risk=risk_of(output.curves[-1], paths, output.volatility, len(days), _days_a_year(calendar)),
        sample_paths=_sample_paths(model_input, paths),
        components=_components(model_input, output),
        timings_ms=stopwatch.timings_ms,
    )
    return forecast.model_copy(update={"verdict": summary(forecast)})


def _has_drift(ticker: str, calendar: str) -> bool:
    """Return whether the median price drifts: that of stocks does; what trades at weekends is no stock."""
    return follows_stocks(ticker) and calendar != EVERY_DAY


def _days_a_year(calendar: str) -> int:
    return 365 if calendar == EVERY_DAY else TRADING_DAYS_A_YEAR


def _simulate(output: ModelOutput, stopwatch: Stopwatch) -> Paths:
    with stopwatch.lap("paths"):
        volatility = output.volatility
        recent, long_run = volatility.recent[-1], volatility.long_run[-1]
        return simulate(output.curves, output.daily_shape, recent, long_run, output.drift_deviation)


def _future_prices(model_input: ModelInput, output: ModelOutput, level: float) -> list[FuturePrice]:
    bounds = interval_bounds(output.curves, level)
    columns = np.column_stack([bounds, quantiles_at(output.curves, np.array(QUANTILE_LEVELS))])
    prices = _prices(model_input, columns)
    prophet = [None] * len(model_input.days) if output.prophet is None else _prices(model_input, output.prophet)
    rows = zip(model_input.days.date, prices, prophet, strict=True)
    return [
        FuturePrice(
            date=day,
            price=quantiles[QUANTILE_LEVELS.index(0.5)],
            lower=lower,
            upper=upper,
            prophet=line,
            quantiles=quantiles,
        )
        for day, (lower, upper, *quantiles), line in rows
    ]


def _price_percentiles(model_input: ModelInput, output: ModelOutput, paths: Paths) -> Distribution:
    """Return the percentiles of the price on the target date, and of the highest and the lowest price until then."""
    end = output.curves[-1]
    return Distribution(
        end=_prices(model_input, end_percentiles(end)),
        highest=_prices(model_input, highest_percentiles(paths, end)),
        lowest=_prices(model_input, lowest_percentiles(paths, end)),
    )


def _sample_paths(model_input: ModelInput, paths: Paths) -> SamplePaths:
    days = model_input.days[paths.days].date.tolist()
    return SamplePaths(dates=days, prices=_prices(model_input, paths.samples))


def _components(model_input: ModelInput, output: ModelOutput) -> Components | None:
    if output.fit is None:
        return None
    last, target = model_input.closes.index[-1].date(), model_input.days[-1].date()
    return components_of(output.fit, float(model_input.closes.iloc[-1]), last, target)


def _prices(model_input: ModelInput, moves: FloatArray) -> Any:
    """Turn moves since the last close into prices, as lists of the same shape.

    Raises:
        ForecastFailed: a price is not a finite positive number.
    """
    with np.errstate(over="ignore", under="ignore"):
        prices = float(model_input.closes.iloc[-1]) * np.exp(moves)
    if not (np.isfinite(prices) & (prices > 0)).all():
        raise ForecastFailed("The model's prices left every sensible range; a shorter horizon may work.")
    return _significant(prices).tolist()


def _significant(prices: FloatArray) -> FloatArray:
    """Round to :data:`SIGNIFICANT_DIGITS`."""
    decimals = np.minimum(SIGNIFICANT_DIGITS - 1 - np.floor(np.log10(prices)), MOST_DECIMALS)
    return np.asarray(np.round(prices * 10.0**decimals) / 10.0**decimals, dtype=np.float64)


def _past_closes(history: PriceSeries) -> list[PastClose]:
    closes = history.frame["close"]
    days = pd.DatetimeIndex(closes.index).date
    return [PastClose(date=day, close=_rounded(close)) for day, close in zip(days, closes.tolist(), strict=True)]


def _data_used(history: PriceSeries, flags: list[str], today: date, fetched_at: datetime, version: str) -> DataUsed:
    return DataUsed(
        source=history.source,
        rows=len(history),
        first=history.first,
        last=history.last,
        fetched_at=fetched_at,
        stale=is_stale(history.last, today),
        version=version,
        flags=flags,
    )


def _rounded(price: float) -> float:
    return float(f"{price:.{SIGNIFICANT_DIGITS}g}")
