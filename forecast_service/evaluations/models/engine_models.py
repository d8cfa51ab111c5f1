"""The models of forecasts: the last price, with and without drift, the blend, and Prophet.

The fits at all origins are made together, which takes a tenth of the time. Each of them uses the past alone: the
backtest's tests and those of this package show that a later price changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.domain.markets.exchanges import EVERY_DAY
from common.domain.markets.instruments import follows_stocks
from common.domain.markets.price_steps import is_step
from common.domain.markets.trading_calendars import calendar_of
from common.domain.prices import MIN_ROWS
from forecast_service.engine.distribution.grid import MEDIAN, PROBABILITIES
from forecast_service.engine.evaluation.backtest import WARM_UP, Evidence, OriginFits, Origins, fits_at
from forecast_service.engine.prophet.array_prophet import CHANGEPOINT_SCALE, History
from forecast_service.evaluations.failures import ModelFailure
from forecast_service.evaluations.past import FloatArray, Past


def last_price(past: Past, origins: Origins) -> Iterator[FloatArray]:
    """Yield the curves of the last price, with the spread of a price that drifts."""
    return _of_evidence(_evidence(past, origins, with_drift=_has_drift(past), around_last_price=True), origins)


def drift(past: Past, origins: Origins) -> Iterator[FloatArray]:
    """Return the curves of the last price plus drift.

    Raises:
        ModelFailure: the rows are weeks or months.
    """
    if is_step(calendar_of(past.ticker, pd.DatetimeIndex(past.values.index))):
        raise ModelFailure(
            "model_failed", "The drift is defined for daily prices only. Leave it out for weekly and monthly ones."
        )
    return _of_evidence(_evidence(past, origins, with_drift=True), origins)


def blend(past: Past, origins: Origins) -> Iterator[FloatArray]:
    """Yield the curves of the blend, whose weight of Prophet is estimated from earlier origins."""
    history, rows = _history(past), _with_earlier(origins)
    fits = OriginFits(rows, tuple(fits_at(history, rows)), None)
    return _of_evidence(Evidence(history, origins.horizon, fits=fits, with_drift=_has_drift(past)), origins)


def prophet(past: Past, origins: Origins, changepoint_scale: float = CHANGEPOINT_SCALE) -> Iterator[FloatArray]:
    """Yield the curves of Prophet, with its own distribution.

    Args:
        past: the whole history.
        origins: the origins.
        changepoint_scale: the scale of the changepoints' prior.

    Raises:
        ArithmeticError: Prophet has no fit at an origin.
    """
    history = _history(past)
    fits = fits_at(history, origins.rows, changepoint_scale)
    for fit, row in zip(fits, origins.rows, strict=True):
        if fit is None:
            raise ArithmeticError(f"Prophet has no fit at {past.values.index[row]:%Y-%m-%d}")
        target = history.days[row + origins.horizon]
        move = float(fit.predicted(target[None])[0] - history.values[row])
        errors = np.quantile(fit.sampled_errors(int(target)), PROBABILITIES)
        yield move + errors - errors[MEDIAN]


def _evidence(past: Past, origins: Origins, *, with_drift: bool, around_last_price: bool = False) -> Evidence:
    return Evidence(
        _history(past),
        origins.horizon,
        fits=None,
        with_drift=with_drift,
        around_last_price=around_last_price,
        origins=origins,
    )


def _of_evidence(evidence: Evidence, origins: Origins) -> Iterator[FloatArray]:
    for forecast in evidence.forecasts()[-len(origins.rows) :]:
        yield forecast.curve


def _with_earlier(origins: Origins) -> npt.NDArray[np.int64]:
    """Return the rows of the origins, and before them at most :data:`WARM_UP` that are as far apart."""
    step = int(origins.rows[1] - origins.rows[0]) if len(origins.rows) > 1 else origins.horizon
    first = int(origins.rows[0])
    earlier = np.arange(first - step, MIN_ROWS - 1, -step, dtype=np.int64)[:WARM_UP][::-1]
    return np.concatenate([earlier, origins.rows])


def _history(past: Past) -> History:
    days = pd.DatetimeIndex(past.values.index).to_numpy().astype("datetime64[D]").astype(np.int64)
    return History.of(days, past.log_values)


def _has_drift(past: Past) -> bool:
    """Return whether the median drifts: that of a stock's prices does."""
    calendar = calendar_of(past.ticker, pd.DatetimeIndex(past.values.index))
    is_daily = calendar != EVERY_DAY and not is_step(calendar)
    return past.field != "volume" and follows_stocks(past.ticker) and is_daily
