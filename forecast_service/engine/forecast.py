"""From prices and a question to a finished forecast: the order of the engine's steps, and nothing else."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.domain.dates import counting_start, is_stale
from common.domain.errors import ForecastFailed
from common.domain.plausibility import plausible_series
from common.domain.prices import PriceSeries, trades_at_weekends
from common.domain.questions import Question
from common.domain.results import (
    ENGINE,
    Backtest,
    Components,
    DataUsed,
    Forecast,
    FuturePrice,
    Interval,
    ModelUsed,
    PastClose,
)
from forecast_service.engine.data_flags import data_flags
from forecast_service.engine.evaluation.summary import scores, summary
from forecast_service.engine.model_output import (
    Horizon,
    ModelOutput,
    blend_outlook,
    last_price_outlook,
    prophet_outlook,
)
from forecast_service.engine.prophet.components import components_of
from forecast_service.engine.stopwatch import Stopwatch
from forecast_service.engine.trading_days import forecast_days, target_date

FloatArray = npt.NDArray[np.float64]

MODELS = {"blend": blend_outlook, "last_price": last_price_outlook, "prophet": prophet_outlook}
SHOWN_YEARS = 2
SIGNIFICANT_DIGITS = 8
"""Cents up to 999999.99, dearer than any share, and 10000 days of JSON at half the size."""


def make_forecast(
    series: PriceSeries, question: Question, *, today: date, fetched_at: datetime, version: str
) -> Forecast:
    """Answer ``question`` from ``series``, whose stored form has the version ``version``.

    Raises:
        ImplausiblePrices: the closes of the last ten years change their unit, or are beyond every sensible range.
        TooLittleData: the last ten years hold too few prices.
        ForecastFailed: the model failed on them.
    """
    history = plausible_series(series.last_years())
    history.require_rows()
    counted_from = counting_start(history.last, today)
    days = _days_asked(history, counted_from, question.days)
    watch = Stopwatch()
    asked = Horizon(history.frame["close"], days, question.level)
    outlook = MODELS[question.model](asked, watch)
    found = scores(outlook.backtest, asked.closes, question.level) if outlook.backtest else None
    closes = _past_closes(history.last_years(SHOWN_YEARS))
    future = _future_prices(asked, outlook)
    end = future[-1]
    return Forecast(
        ticker=history.ticker,
        days=question.days,
        as_of=history.last,
        last_close=closes[-1].close,
        counted_from=counted_from,
        target_date=end.date,
        predicted_price=end.price,
        currency=history.currency,
        interval=Interval(level=question.level, lower=end.lower, upper=end.upper),
        backtest=found,
        verdict=summary(found, question.model, outlook.share, question.level),
        model=ModelUsed(name=question.model, version=ENGINE, prophet_weight=outlook.share),
        data=_data_used(history, found, today, fetched_at, version),
        series=closes,
        forecast=future,
        components=_components(asked, outlook),
        timings_ms=watch.timings_ms,
    )


def _days_asked(history: PriceSeries, counted_from: date, days: int) -> pd.DatetimeIndex:
    every_day = trades_at_weekends(pd.DatetimeIndex(history.frame.index))
    target = target_date(counted_from, days, every_day=every_day)
    return forecast_days(history.last, target, every_day=every_day)


def _future_prices(asked: Horizon, outlook: ModelOutput) -> list[FuturePrice]:
    prices, lower, upper = (_prices(asked, moves) for moves in (outlook.moves, outlook.lower, outlook.upper))
    own = [None] * len(asked.days) if outlook.prophet is None else _prices(asked, outlook.prophet)
    rows = zip(asked.days.date, prices, lower, upper, own, strict=True)
    return [
        FuturePrice(date=day, price=price, lower=below, upper=above, prophet=line)
        for day, price, below, above, line in rows
    ]


def _components(asked: Horizon, outlook: ModelOutput) -> Components | None:
    if outlook.fit is None:
        return None
    last, target = asked.closes.index[-1].date(), asked.days[-1].date()
    return components_of(outlook.fit, float(asked.closes.iloc[-1]), last, target)


def _prices(asked: Horizon, moves: FloatArray) -> list[float]:
    """Turn moves from the last close into prices.

    Raises:
        ForecastFailed: one of them left the range of numbers.
    """
    with np.errstate(over="ignore", under="ignore"):
        prices = float(asked.closes.iloc[-1]) * np.exp(moves)
    if not (np.isfinite(prices) & (prices > 0)).all():
        raise ForecastFailed("The model's prices left every sensible range; a shorter horizon may work.")
    return [_shortened(price) for price in prices.tolist()]


def _past_closes(history: PriceSeries) -> list[PastClose]:
    closes = history.frame["close"]
    days = pd.DatetimeIndex(closes.index).date
    return [PastClose(date=day, close=_shortened(close)) for day, close in zip(days, closes.tolist(), strict=True)]


def _data_used(
    history: PriceSeries, tests: Backtest | None, today: date, fetched_at: datetime, version: str
) -> DataUsed:
    return DataUsed(
        source=history.source,
        rows=len(history),
        first=history.first,
        last=history.last,
        fetched_at=fetched_at,
        stale=is_stale(history.last, today),
        version=version,
        flags=data_flags(history, tests),
    )


def _shortened(price: float) -> float:
    return float(f"{price:.{SIGNIFICANT_DIGITS}g}")
