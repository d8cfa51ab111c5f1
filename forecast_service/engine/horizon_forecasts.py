"""Forecasts of one series over several horizons in trading days, from fits that the horizons share.

Prophet's fits take most of the time of a forecast. The backtest of each horizon therefore has the same origins: those
of the longest horizon. The scores of the horizons then rest on the same days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.domain.errors import ForecastFailed
from common.domain.markets.exchanges import EVERY_DAY
from common.domain.markets.instruments import follows_stocks
from common.domain.markets.price_steps import is_step, steps_a_year
from common.domain.markets.trading_calendars import calendar_of
from common.domain.prices import PriceSeries
from common.domain.results import Backtest, Risk
from forecast_service.engine.distribution.drift import TRADING_DAYS_A_YEAR
from forecast_service.engine.distribution.grid import MEDIAN, probability_below
from forecast_service.engine.distribution.interval import interval_bounds
from forecast_service.engine.distribution.paths import simulate
from forecast_service.engine.evaluation.backtest import LEAST_ORIGINS, Evidence, OriginFits, origins_of
from forecast_service.engine.evaluation.scores import backtest_scores
from forecast_service.engine.models import ModelInput, ModelOutput, blend_output_from_fits
from forecast_service.engine.risk import risk_of
from forecast_service.engine.stopwatch import Stopwatch
from forecast_service.engine.trading_days import next_trading_days

FloatArray = npt.NDArray[np.float64]

LEVEL = 0.8
"""The probability of the ranges, as in a forecast without a stated level."""
LARGE_MOVE = 0.1
"""The gain and the loss whose chances are computed."""


@dataclass(frozen=True)
class HorizonForecast:
    """The forecast of one horizon. Prices are in the series' currency, chances from 0 to 1."""

    trading_days: int
    target: date
    price: float
    lower: float
    upper: float
    chance_up: float
    chance_gain: float
    """The chance of a gain of more than 10 %; ``chance_loss`` is that of such a loss."""
    chance_loss: float
    risk: Risk
    prophet_weight: float
    backtest: Backtest | None


@dataclass(frozen=True)
class DayMove:
    """The last move of a series beside the moves that were usual before it.

    ``change`` is relative to the close before; ``deviation`` is the standard deviation of the move's logarithm as it
    was known then, and ``lower`` and ``upper`` are the bounds of the 95 % range of the last close as of then.
    """

    change: float
    deviation: float
    lower: float
    upper: float

    @property
    def usual_moves(self) -> float:
        """Return the size of the move in standard deviations."""
        return abs(float(np.log1p(self.change))) / self.deviation


def forecast_horizons(history: PriceSeries, horizons: Sequence[int]) -> list[HorizonForecast]:
    """Forecast the price after each number of trading days.

    Args:
        history: the years of the model, without implausible rows, and at least :data:`MIN_ROWS` of them.
        horizons: trading days ahead, ascending.

    Raises:
        ForecastFailed: the model failed on the prices.
    """
    calendar = calendar_of(history.ticker, pd.DatetimeIndex(history.frame.index))
    days = next_trading_days(history.last, horizons[-1], calendar)
    closes, with_drift = history.frame["close"], follows_stocks(history.ticker) and calendar != EVERY_DAY
    with_drift = with_drift and not is_step(calendar)
    longest = ModelInput.of(closes, days, with_drift=with_drift)
    fits = OriginFits.at(longest.history, _shared_origins(len(closes), horizons))
    days_a_year = 365 if calendar == EVERY_DAY else TRADING_DAYS_A_YEAR
    days_a_year = steps_a_year(calendar) if is_step(calendar) else days_a_year
    return [_forecast(longest.over(count), fits, days_a_year) for count in horizons]


def last_move(history: PriceSeries) -> DayMove:
    """Return the last move beside the usual ones. No number but ``change`` depends on the last close."""
    closes = history.frame["close"]
    known = ModelInput.of(closes.iloc[:-1], pd.DatetimeIndex([]), with_drift=False).history
    evidence = Evidence(known, 1, fits=None, with_drift=False)
    deviation = float(evidence.volatility.deviations_ahead(1)[0])
    curve = evidence.shape(evidence.last_row, 0.0) * deviation
    before, last = (float(close) for close in closes.iloc[-2:])
    lower, upper = before * np.exp(interval_bounds(curve[None], 0.95)[0])
    return DayMove(last / before - 1, deviation, float(lower), float(upper))


def _shared_origins(rows: int, horizons: Sequence[int]) -> npt.NDArray[np.int64]:
    """Return the origins of the longest horizon for which the history has room."""
    found = [origins_of(rows, horizon).rows for horizon in horizons]
    return next((each for each in reversed(found) if len(each)), found[0])


def _forecast(model_input: ModelInput, fits: OriginFits, days_a_year: int) -> HorizonForecast:
    last_close, horizon = float(model_input.closes.iloc[-1]), len(model_input.days)
    output = blend_output_from_fits(model_input, _reached(fits, len(model_input.closes), horizon), Stopwatch())
    end, past = output.curves[-1], output.backtest
    prices = _prices(last_close, end)
    lower, upper = (float(bound) for bound in last_close * np.exp(interval_bounds(end[None], LEVEL)[0]))
    return HorizonForecast(
        trading_days=horizon,
        target=model_input.days[-1].date(),
        price=float(prices[MEDIAN]),
        lower=lower,
        upper=upper,
        chance_up=1 - probability_below(end, 0.0),
        chance_gain=1 - probability_below(end, float(np.log1p(LARGE_MOVE))),
        chance_loss=probability_below(end, float(np.log1p(-LARGE_MOVE))),
        risk=_risk(output, horizon, days_a_year),
        prophet_weight=output.weight,
        backtest=backtest_scores(past, model_input.closes, LEVEL) if past else None,
    )


def _reached(fits: OriginFits, rows: int, horizon: int) -> OriginFits:
    """Return the fits at the origins whose target day has come; none where they are too few for a backtest."""
    count = int((fits.rows + horizon < rows).sum())
    count = count if count >= LEAST_ORIGINS else 0
    return OriginFits(fits.rows[:count], fits.at_origins[:count], fits.last)


def _risk(output: ModelOutput, horizon: int, days_a_year: int) -> Risk:
    volatility = output.volatility
    recent, long_run = volatility.recent[-1], volatility.long_run[-1]
    paths = simulate(output.curves, output.daily_shape, recent, long_run, output.drift_deviation)
    return risk_of(output.curves[-1], paths, volatility, horizon, days_a_year)


def _prices(last_close: float, moves: FloatArray) -> FloatArray:
    """Turn moves into prices.

    Raises:
        ForecastFailed: a price is not a finite positive number.
    """
    with np.errstate(over="ignore", under="ignore"):
        prices = last_close * np.exp(moves)
    if not (np.isfinite(prices) & (prices > 0)).all():
        raise ForecastFailed("The model's prices left every sensible range.")
    return np.asarray(prices, dtype=np.float64)
