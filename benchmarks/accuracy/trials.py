"""Forecasts at past origins of a series by several forecasters, scored against the closes that came."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from prophet import Prophet

from benchmarks.yardsticks.stock_prophet import quiet_prophet
from common.domain.price_chances import chance_of_touch
from common.domain.prices import HISTORY_YEARS
from common.domain.results import Distribution
from forecast_service.engine.distribution import grid
from forecast_service.engine.distribution.interval import interval_bounds
from forecast_service.engine.distribution.paths import Paths, simulate
from forecast_service.engine.models import ModelInput, blend_output
from forecast_service.engine.risk import end_percentiles, highest_percentiles, lowest_percentiles
from forecast_service.engine.stopwatch import Stopwatch

HORIZONS = (5, 21, 63, 250)
LEVEL = 0.8
FIRST_ROW = 504
"""Two years are known at the first origin."""
PIT_BINS = 50
TOUCH_CLASSES = 10
BARRIERS = np.concatenate([-np.geomspace(2.5, 0.1, 8), np.geomspace(0.1, 2.5, 8)])
"""The moves whose touching is asked about, in standard deviations of the horizon."""

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Trial:
    """The scores at one origin for one horizon, by name. A score may have several values, such as a class each."""

    name: str
    day: pd.Timestamp
    horizon: int
    scores: dict[str, FloatArray]


def origin_rows(rows: int, origins: int, shift: float) -> list[int]:
    """Return the rows of a series to forecast from, evenly spaced, ``shift`` of a step (0 to 1) after the first.

    Every series has its own shift. With the same days for all, twenty stocks that rise and fall together would be
    little more evidence than one.
    """
    last = rows - 1 - HORIZONS[-1]
    first = min(FIRST_ROW, last)
    steps = (np.arange(origins) + shift) / origins
    return sorted({int(row) for row in first + (last - first) * steps}) if last > 0 else []


def trials_at(name: str, closes: pd.Series, row: int, *, with_prophet: bool) -> list[Trial]:
    """Forecast from one origin over each horizon, and score."""
    warnings.simplefilter("ignore")
    quiet_prophet()
    known, future = closes.iloc[: row + 1], closes.iloc[row + 1 : row + 1 + HORIZONS[-1]]
    recent = known[known.index > known.index[-1] - pd.DateOffset(years=HISTORY_YEARS)]
    prophet = _prophet_bands(recent, pd.DatetimeIndex(future.index)) if with_prophet else None
    return [
        Trial(name, known.index[-1], horizon, _scores(known, recent, future.iloc[:horizon], prophet))
        for horizon in HORIZONS
    ]


def _scores(
    known: pd.Series, recent: pd.Series, future: pd.Series, prophet: FloatArray | None
) -> dict[str, FloatArray]:
    horizon = len(future)
    moves = np.log(future.to_numpy() / known.iloc[-1])
    output = blend_output(ModelInput.of(recent, pd.DatetimeIndex(future.index), with_drift=True), Stopwatch())
    recent_variance, long_run = output.volatility.recent[-1], output.volatility.long_run[-1]
    paths = simulate(output.curves, output.daily_shape, float(recent_variance), float(long_run), output.drift_deviation)
    deviation = float(np.diff(np.log(known.to_numpy())).std(ddof=1)) * np.sqrt(horizon)
    ours, last_price = output.curves[-1], deviation * grid.SCORES
    scores = {
        **_curve_scores("", ours, moves[-1]),
        **_curve_scores("last_price_", last_price, moves[-1]),
        **_pit_scores(ours, moves[-1]),
        **_touch_scores(_distribution(ours, paths), moves, deviation * BARRIERS),
        "brier_up": (1 - grid.probability_below(ours, 0.0) - (moves[-1] > 0)) ** 2,
        "weight": output.weight,
        "weight_above_0": output.weight > 0,
    }
    if prophet is not None:
        scores |= _band_scores("prophet_", *prophet[horizon - 1].tolist(), actual=float(np.exp(moves[-1])))
    return {name: np.atleast_1d(np.asarray(value, dtype=np.float64)) for name, value in scores.items()}


def _curve_scores(prefix: str, curve: FloatArray, move: float) -> dict[str, object]:
    """Score a distribution. Errors are in units of the close at the origin."""
    levels = {50: 0.5, 80: LEVEL, 95: 0.95, 98: 0.98}
    bounds = {name: interval_bounds(curve[None], level)[0] for name, level in levels.items()}
    held = {f"{prefix}coverage_{name}": low <= move <= high for name, (low, high) in bounds.items()}
    lower, upper = np.exp(bounds[80])
    return {
        **held,
        **_band_scores(prefix, float(np.exp(curve[grid.MEDIAN])), lower, upper, actual=float(np.exp(move))),
        f"{prefix}crps": grid.crps(np.expm1(curve)[None], np.expm1([move]))[0],
    }


def _band_scores(prefix: str, price: float, lower: float, upper: float, *, actual: float) -> dict[str, object]:
    """Score a price and its band of :data:`LEVEL`; the interval score is Winkler's (1972)."""
    penalty = 2 / (1 - LEVEL)
    outside = max(lower - actual, 0) + max(actual - upper, 0)
    return {
        f"{prefix}mae": abs(price - actual),
        f"{prefix}interval_score": upper - lower + penalty * outside,
        f"{prefix}coverage": lower <= actual <= upper,
    }


def _pit_scores(curve: FloatArray, move: float) -> dict[str, object]:
    """Return the probability integral transform, and the bin of a histogram in which it falls."""
    pit = grid.probability_below(curve, move)
    return {"pit_mean": pit, "pit_bins": np.eye(PIT_BINS)[min(int(pit * PIT_BINS), PIT_BINS - 1)]}


def _distribution(curve: FloatArray, paths: Paths) -> Distribution:
    """Return the percentiles as a result has them, as fractions of the close at the origin."""
    percentiles = (end_percentiles(curve), highest_percentiles(paths, curve), lowest_percentiles(paths, curve))
    end, highest, lowest = np.exp(percentiles).tolist()
    return Distribution(end=end, highest=highest, lowest=lowest)


def _touch_scores(distribution: Distribution, moves: FloatArray, barriers: FloatArray) -> dict[str, object]:
    """Return, by class of stated probability, the barriers, the sum of these probabilities and the touched barriers."""
    stated = np.array([chance_of_touch(distribution, 1.0, price).probability for price in np.exp(barriers).tolist()])
    touched = np.where(barriers > 0, moves.max() >= barriers, moves.min() <= barriers)
    classes = np.minimum((stated * TOUCH_CLASSES).astype(int), TOUCH_CLASSES - 1)
    columns = (np.ones(len(barriers)), stated, touched)
    return {
        f"touch_{name}": np.bincount(classes, column, TOUCH_CLASSES)
        for name, column in zip(("count", "stated", "seen"), columns, strict=True)
    }


def _prophet_bands(closes: pd.Series, days: pd.DatetimeIndex) -> FloatArray:
    """Return stock Prophet's price and band on each day, as fractions of the last close, shape (days, 3)."""
    model = Prophet(interval_width=LEVEL).fit(pd.DataFrame({"ds": closes.index, "y": closes.to_numpy()}))
    np.random.seed(0)
    bands = model.predict(pd.DataFrame({"ds": days}))[["yhat", "yhat_lower", "yhat_upper"]]
    return np.asarray(bands / closes.iloc[-1], dtype=np.float64)
