"""Prophet on the logarithm of the price: from closes to predicted moves.

Source of the model: Taylor & Letham, Forecasting at Scale, The American Statistician 72 (2018).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.domain.errors import ForecastFailed
from forecast_service.engine.distribution.grid import MEDIAN, PROBABILITIES
from forecast_service.engine.prophet.array_prophet import SEED, ArrayFit
from forecast_service.engine.prophet.backend import FastProphet
from forecast_service.engine.prophet.without_plots import Prophet

FloatArray = npt.NDArray[np.float64]

MAX_DRAWN_DAYS = 500
"""Prophet samples 1000 paths, which would need half a gigabyte over 10000 days. Their quantiles are smooth."""


def log_moves(closes: pd.Series[float]) -> FloatArray:
    """Return the logarithms of the closes divided by the last one, which have no unit, shape (N,).

    Raises:
        ForecastFailed: a close is not a positive number.
    """
    values = closes.to_numpy(dtype=np.float64)
    if not (np.isfinite(values) & (values > 0)).all():
        raise ForecastFailed("A close is not a positive number.")
    return np.asarray(np.log(values / values[-1]), dtype=np.float64)


def fit_prophet(closes: pd.Series[float]) -> FastProphet:
    """Fit Prophet to the logarithms of split-adjusted ``closes`` (indexed by day), divided by the last one.

    Raises:
        ForecastFailed: a close is not a positive number, or Prophet has no fit.
    """
    history = pd.DataFrame({"ds": closes.index, "y": log_moves(closes)})
    with as_forecast_failure():
        model = FastProphet(
            scaling="minmax",
            weekly_seasonality=False,
            daily_seasonality=False,
        )
        model.fit(history)
    return model


def predict_moves(model: Prophet, days: pd.DatetimeIndex) -> FloatArray:
    """Predict the logarithm of the price divided by the last close on ``days``, shape (days,).

    Raises:
        ForecastFailed: Prophet failed.
    """
    with as_forecast_failure():
        frame = model.setup_dataframe(pd.DataFrame({"ds": days}))
        seasons = model.predict_seasonal_components(frame)["additive_terms"]
        return np.asarray(model.predict_trend(frame) + seasons, dtype=np.float64)


def as_arrays(model: FastProphet) -> ArrayFit:
    """Return the fit of a Prophet model as arrays. A fitted model has no None among these attributes."""
    (k,), (m,), (delta,), (beta,), (sigma,) = (model.params[name] for name in ("k", "m", "delta", "beta", "sigma_obs"))
    return ArrayFit(
        k=k.item(),
        m=m.item(),
        delta=delta,
        beta=beta,
        sigma=sigma.item(),
        changepoints=cast("FloatArray", model.changepoints_t),
        first_day=(cast("pd.Timestamp", model.start) - pd.Timestamp(0)).days,
        span=cast("pd.Timedelta", model.t_scale).days,
        offset=cast("float", model.y_min),
        scale=cast("float", model.y_scale),
        seasonal=bool(model.seasonalities),
    )


def predict_draws(model: Prophet, days: pd.DatetimeIndex) -> FloatArray:
    """Return the quantiles of Prophet's own draws, minus their median, shape (days, len(PROBABILITIES)).

    Raises:
        ForecastFailed: Prophet failed.
    """
    with as_forecast_failure():
        drawn = _evenly_thinned(days)
        with _seeded():
            draws = model.predictive_samples(pd.DataFrame({"ds": drawn}))["yhat"]
        curves = np.quantile(draws, PROBABILITIES, axis=1).T
        offsets = curves - curves[:, MEDIAN, None]
        return np.stack([_interpolated(days, drawn, column) for column in offsets.T], axis=1)


def _evenly_thinned(days: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Return at most :data:`MAX_DRAWN_DAYS` of ``days``, with the first and the last one.

    They are evenly spaced, because Prophet samples future changepoints with the mean distance of the given days.
    """
    count = min(len(days), MAX_DRAWN_DAYS)
    return days[np.linspace(0, len(days) - 1, count).round().astype(int)]


def _interpolated(days: pd.DatetimeIndex, drawn: pd.DatetimeIndex, values: FloatArray) -> FloatArray:
    return np.asarray(np.interp(days.asi8, drawn.asi8, values), dtype=np.float64)


@contextmanager
def as_forecast_failure() -> Iterator[None]:
    """Turn any exception of Prophet or the fit into :class:`ForecastFailed`."""
    try:
        yield
    except Exception as exc:
        raise ForecastFailed from exc


@contextmanager
def _seeded() -> Iterator[None]:
    """Seed numpy's global generator, which Prophet samples from, and restore its state afterwards."""
    state = np.random.get_state()
    np.random.seed(SEED)
    try:
        yield
    finally:
        np.random.set_state(state)
