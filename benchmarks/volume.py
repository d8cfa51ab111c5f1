"""The accuracy of forecasts of volume beside the usual volume: ``python -m benchmarks.volume``.

The made-up series have weekdays, a level of a fast and a slow part that revert, days of large volume, and skewed noise;
their seeds chose no constant of the model. The sample has five stocks, of which one is too short to be scored. From
each origin the volume is forecast over each horizon from what was known there. Figures are means over the series.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.report import parser, report
from forecast_service.engine.distribution.grid import MEDIAN, crps
from forecast_service.engine.distribution.interval import interval_bounds
from forecast_service.engine.volume.forecasts import HorizonErrors, VolumeHistory
from ingestion_service.providers.sample import Sample

FloatArray = npt.NDArray[np.float64]

HORIZONS = (1, 5, 21, 63, 250)
LEVELS = (0.5, 0.8, 0.95)
FIRST_ROW = 300
EVERY = 7
"""Every so many rows are an origin."""
FIRST_SEED = 1000
TICKERS = ("AAPL", "FB", "GOOG", "IBM", "MSFT")
_ROWS = 2500


def made_up_volumes(seed: int, rows: int = _ROWS) -> pd.Series:
    """Return made-up volumes of about ten years of trading days, of which 3 % are holidays."""
    random = np.random.default_rng(seed)
    days = pd.bdate_range("2010-01-04", periods=rows)
    days = days[random.random(rows) > 0.03]
    effects = random.normal(0, random.choice([0.05, 0.1, 0.2]), 7)
    slow = _reverting(random, len(days), random.choice([0.995, 0.999]), 0.3)
    fast = _reverting(random, len(days), random.choice([0.5, 0.7, 0.85]), 0.25)
    noise = 0.5 * (random.gamma(4, 0.12, len(days)) - 0.48)
    bursts = (random.random(len(days)) < 0.015) * random.exponential(0.8, len(days))
    return pd.Series(np.exp(15 + slow + fast + noise + bursts + effects[days.day_of_week]), index=days)


def scores_of(volumes: pd.Series, horizon: int) -> dict[str, float] | None:
    """Return the mean scores of a series over a horizon; None where it is too short."""
    values = np.log(volumes.to_numpy(dtype=np.float64))
    days = pd.DatetimeIndex(volumes.index).to_numpy().astype("datetime64[D]").astype(np.int64)
    history = VolumeHistory(days, values)
    rows = np.arange(FIRST_ROW, len(values) - horizon, EVERY)
    if len(rows) < 1:
        return None
    actual, unit = values[rows + horizon], values.mean()
    found: dict[str, float] = {}
    for name, forecasts in (("model", history.reverting(horizon)), ("usual", history.yardstick(horizon))):
        errors = HorizonErrors.of(values[horizon:] - forecasts, horizon, len(values))
        curves = np.array([forecasts[row] + errors.curve(row, around_zero=False) for row in rows.tolist()])
        found[f"{name} crps"] = float(crps(np.exp(curves - unit), np.exp(actual - unit)).mean())
        found[f"{name} mae"] = float(np.abs(np.exp(curves[:, MEDIAN] - unit) - np.exp(actual - unit)).mean())
        for level in LEVELS:
            lower, upper = interval_bounds(curves, level).T
            found[f"{name} coverage {level:g}"] = float(((lower <= actual) & (actual <= upper)).mean())
    return found


def figures_of(series: Iterator[pd.Series]) -> dict[str, Any]:
    """Return the mean figures for each horizon."""
    every = list(series)
    figures: dict[str, Any] = {}
    for horizon in HORIZONS:
        scores = [found for each in every if (found := scores_of(each, horizon))]
        table = pd.DataFrame(scores)
        ratios = {name: float((table[f"model {name}"] / table[f"usual {name}"]).mean()) for name in ("crps", "mae")}
        coverages = {f"{level:g}": float(table[f"model coverage {level:g}"].mean()) for level in LEVELS}
        figures[f"{horizon} days"] = {"ratio to the usual volume": ratios, "coverage": coverages, "series": len(table)}
    return figures


def _reverting(random: np.random.Generator, rows: int, stay: float, deviation: float) -> FloatArray:
    values = np.zeros(rows)
    for row in range(1, rows):
        values[row] = stay * values[row - 1] + random.normal(0, deviation * np.sqrt(1 - stay**2))
    return values


def _sample() -> Iterator[pd.Series]:
    for ticker in TICKERS:
        volumes = Sample().fetch(ticker, since=pd.Timestamp("1990-01-01").date(), timeout_s=1.0).frame["volume"]
        yield volumes[volumes > 0]


def main() -> None:
    """Print the figures of made-up series and of the sample."""
    options = parser(__doc__)
    options.formatter_class = argparse.RawDescriptionHelpFormatter
    options.add_argument("--series", type=int, default=40, help="made-up series (default: %(default)s)")
    chosen = options.parse_args()
    made_up = figures_of(made_up_volumes(FIRST_SEED + seed) for seed in range(chosen.series))
    report({"made up": made_up, "sample": figures_of(_sample())}, chosen.json)


if __name__ == "__main__":
    main()
