"""``python -m benchmarks.accuracy [--prices DIR]``: the accuracy and coverage of forecasts beside the last price's.

The engine, the yardstick and stock Prophet forecast 5, 21 and 63 trading days ahead from many origins of each series,
with the prices known at the origin. Each series has its own origin days. The yardstick is the last price with the
interval exp(± z sigma sqrt(h)), where sigma is the standard deviation of all daily moves known at the origin.

Errors are in units of the close at the origin and are pooled over series. Standard errors come from a bootstrap over
blocks of time. A block holds the same days of all series, because stocks move together.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from prophet import Prophet
from scipy.stats import norm
from tqdm import tqdm

from benchmarks.price_files import read_closes, read_sample_closes
from benchmarks.report import parser, report
from benchmarks.yardsticks.stock_prophet import quiet_prophet
from common.domain.prices import HISTORY_YEARS
from forecast_service.engine.model_output import ModelInput, blend_output
from forecast_service.engine.stopwatch import Stopwatch

HORIZONS = (5, 21, 63)
LEVEL = 0.8
FIRST_ROW = 504
"""The row of the first origin: two years are known there."""
BLOCK_DAYS = 126
"""The length of a block: half a year, which is longer than the longest horizon, so that blocks hardly overlap."""
BOOTSTRAP_DRAWS = 2000


@dataclass(frozen=True)
class Band:
    """A forecast in units of the close at its origin."""

    price: float
    lower: float
    upper: float

    def error(self, actual: float) -> float:
        """Return the absolute error."""
        return abs(self.price - actual)

    def interval_score(self, actual: float) -> float:
        """Return Winkler's score (1972): the width, and a penalty for a price outside the interval."""
        penalty = 2 / (1 - LEVEL)
        return self.upper - self.lower + penalty * max(self.lower - actual, 0) + penalty * max(actual - self.upper, 0)


@dataclass(frozen=True)
class Trial:
    """The forecasts of three models at one origin of one series, and the actual price."""

    name: str
    day: pd.Timestamp
    horizon: int
    actual: float
    weight: float
    ours: Band
    last_price: Band
    prophet: Band


def main() -> None:
    """Make the forecasts, score them and report."""
    options = _options()
    quiet_prophet()
    series = read_closes(options.prices) if options.prices else read_sample_closes()
    if not series:
        raise SystemExit(f"no CSV in {options.prices} has enough rows")
    report(figures_of(list(_run_trials(series, options.origins))), options.json)


def figures_of(trials: Sequence[Trial]) -> dict[str, Any]:
    """Return the figures to print: the numbers of series and origins, and the scores by horizon."""
    return {
        "series": len({trial.name for trial in trials}),
        "origins": len({(trial.name, trial.day) for trial in trials}),
        "horizons": {str(horizon): pooled_scores([t for t in trials if t.horizon == horizon]) for horizon in HORIZONS},
    }


def _options() -> argparse.Namespace:
    options = parser(__doc__)
    options.add_argument(
        "--prices", type=Path, metavar="DIR", help="daily CSVs in Yahoo's format (default: the sample)"
    )
    options.add_argument("--origins", type=int, default=40, help="origins in each series (default: 40)")
    return options.parse_args()


def _run_trials(series: dict[str, pd.Series], origins: int) -> Iterator[Trial]:
    shifts = (np.arange(len(series)) + 0.5) / len(series)
    tasks = [
        (name, closes, row)
        for (name, closes), shift in zip(series.items(), shifts.tolist(), strict=True)
        for row in origin_rows(len(closes), origins, shift)
    ]
    with ProcessPoolExecutor() as pool:
        done = pool.map(_trials_at_origin, *zip(*tasks, strict=True), chunksize=2)
        for trials in tqdm(done, total=len(tasks), unit="origin", disable=not sys.stderr.isatty()):
            yield from trials


def origin_rows(rows: int, origins: int, shift: float) -> list[int]:
    """Return the rows of the origins of a series: evenly spaced, moved by ``shift`` of a step (0 to 1).

    Every series has its own shift. If all had the same origin days, twenty stocks that move together would be little
    more evidence than one.
    """
    last = rows - 1 - HORIZONS[-1]
    first = min(FIRST_ROW, last)
    steps = (np.arange(origins) + shift) / origins
    return sorted({int(row) for row in first + (last - first) * steps}) if last > 0 else []


def _trials_at_origin(name: str, closes: pd.Series, row: int) -> list[Trial]:
    warnings.simplefilter("ignore")
    quiet_prophet()
    known, future = closes.iloc[: row + 1], closes.iloc[row + 1 :]
    recent = known[known.index > known.index[-1] - pd.DateOffset(years=HISTORY_YEARS)]
    prophets = _prophet_bands(recent, pd.DatetimeIndex(future.index[: HORIZONS[-1]]))
    return [
        Trial(
            name,
            known.index[-1],
            horizon,
            float(future.iloc[horizon - 1] / known.iloc[-1]),
            *_service_forecast(recent, pd.DatetimeIndex(future.index[:horizon])),
            _last_price_band(known, horizon),
            prophet,
        )
        for horizon, prophet in zip(HORIZONS, prophets, strict=True)
    ]


def _service_forecast(closes: pd.Series, days: pd.DatetimeIndex) -> tuple[float, Band]:
    output = blend_output(ModelInput(closes, days, LEVEL), Stopwatch())
    price, lower, upper = np.exp([output.moves[-1], output.lower[-1], output.upper[-1]])
    return output.weight, Band(price, lower, upper)


def _last_price_band(closes: pd.Series, horizon: int) -> Band:
    sigma = float(np.diff(np.log(closes.to_numpy())).std(ddof=1))
    half_width = float(norm.ppf((1 + LEVEL) / 2)) * sigma * np.sqrt(horizon)
    return Band(1.0, float(np.exp(-half_width)), float(np.exp(half_width)))


def _prophet_bands(closes: pd.Series, days: pd.DatetimeIndex) -> list[Band]:
    model = Prophet(interval_width=LEVEL).fit(pd.DataFrame({"ds": closes.index, "y": closes.to_numpy()}))
    np.random.seed(0)
    predicted = model.predict(pd.DataFrame({"ds": days}))[["yhat", "yhat_lower", "yhat_upper"]] / closes.iloc[-1]
    return [Band(*predicted.iloc[horizon - 1].tolist()) for horizon in HORIZONS]


def pooled_scores(trials: Sequence[Trial]) -> dict[str, float]:
    """Return the pooled figures of one horizon, each with its standard error."""
    columns = np.array([_columns(trial) for trial in trials])
    start = min(trial.day for trial in trials)
    blocks = np.array([(trial.day - start).days // int(BLOCK_DAYS * 365.25 / 252) for trial in trials])
    found = _ratios(columns.mean(axis=0))
    sums = np.array([np.append(columns[blocks == b].sum(axis=0), (blocks == b).sum()) for b in np.unique(blocks)])
    random = np.random.default_rng(0)
    drawn = sums[random.integers(0, len(sums), (BOOTSTRAP_DRAWS, len(sums)))].sum(axis=1)
    errors = np.array([list(_ratios(row[:-1] / row[-1]).values()) for row in drawn]).std(axis=0)
    return found | {f"{name}_se": float(error) for name, error in zip(found, errors, strict=True)}


def _columns(trial: Trial) -> list[float]:
    forecasters = (trial.ours, trial.last_price, trial.prophet)
    held = [float(band.lower <= trial.actual <= band.upper) for band in forecasters]
    scored = [band.interval_score(trial.actual) for band in forecasters]
    errors = [band.error(trial.actual) for band in forecasters]
    return [*held, *scored, *errors, trial.weight, float(trial.weight > 0)]


def _ratios(means: np.ndarray) -> dict[str, float]:
    held, held_last, held_prophet, score, score_last, score_prophet, error, error_last, error_prophet, *weights = means
    return {
        "coverage": float(held),
        "interval_score_vs_last_price": float(score / score_last),
        "interval_score_vs_prophet": float(score / score_prophet),
        "mae_vs_last_price": float(error / error_last),
        "last_price_coverage": float(held_last),
        "prophet_coverage": float(held_prophet),
        "prophet_mae_vs_last_price": float(error_prophet / error_last),
        "mean_prophet_weight": float(weights[0]),
        "prophet_weight_above_0": float(weights[1]),
    }


if __name__ == "__main__":
    main()
