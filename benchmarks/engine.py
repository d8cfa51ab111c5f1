"""``python -m benchmarks.engine``: the engine's speed beside stock Prophet's and AutoETS's, in the same run."""

from __future__ import annotations

import statistics
import warnings
from datetime import UTC, datetime
from functools import partial

import numpy as np
import pandas as pd
from prophet import Prophet
from prophet.diagnostics import cross_validation

from benchmarks.report import median_seconds, parser, report, seconds_of
from benchmarks.worker_environment import restart_in_worker_environment
from benchmarks.yardsticks.environment import yardstick
from benchmarks.yardsticks.stock_prophet import (
    predict_with_stock_prophet,
    quiet_prophet,
    sample_series,
    stock_prophet,
)
from common.domain.prices import PriceSeries
from common.domain.questions import ForecastQuestion
from common.domain.results import Forecast
from forecast_service.charts.chart import draw_chart
from forecast_service.engine.evaluation.backtest import Evidence, OriginFits, origins_of
from forecast_service.engine.forecast import make_forecast
from forecast_service.engine.models import ModelInput, blend_output
from forecast_service.engine.prophet.array_prophet import History
from forecast_service.engine.prophet.backend import FastProphet
from forecast_service.engine.stopwatch import Stopwatch

ROUNDS = 9
DAYS, TRADING_DAYS = 30, 21
CROSS_VALIDATED_ORIGINS = 5
YEARS = (1, 2, 5, 10, 20, 40)
ROWS_A_YEAR = 252


def main() -> None:
    """Measure and report."""
    options = parser(__doc__).parse_args()
    restart_in_worker_environment()
    quiet_prophet()
    warnings.simplefilter("ignore")
    series = sample_series()
    figures = fit_figures(series) | backtest_figures(series) | whole_figures(series) | growth_figures(series)
    report(figures, options.json)


def fit_figures(series: PriceSeries) -> dict[str, float]:
    """Time ``Prophet.fit()`` with the exact solver and with Stan, and AutoETS, on ten years of closes."""
    logs, frame = log_closes(series)
    with yardstick("autoets.py", logs.tolist()) as fit_autoets:
        fit_autoets()
        seconds = median_seconds(
            ROUNDS,
            ours=lambda: fit_model(FastProphet, frame),
            stan=lambda: fit_model(Prophet, frame),
            autoets=fit_autoets,
        )
    return {
        "fit_ms": 1000 * seconds["ours"],
        "stan_fit_ms": 1000 * seconds["stan"],
        "autoets_ms": 1000 * seconds["autoets"],
        "fit_speedup_10y": seconds["stan"] / seconds["ours"],
        "fit_vs_autoets": seconds["autoets"] / seconds["ours"],
    }


def log_closes(series: PriceSeries) -> tuple[pd.Series, pd.DataFrame]:
    """Return the logarithms of the closes, as a series and as Prophet's frame."""
    logs = np.log(series.frame["close"])
    return logs, pd.DataFrame({"ds": logs.index, "y": logs.to_numpy()})


def fit_model(kind: type[Prophet], frame: pd.DataFrame) -> Prophet:
    """Fit the service's model by a Prophet class."""
    return kind(scaling="minmax", weekly_seasonality=False, daily_seasonality=False).fit(frame)


def backtest_figures(series: PriceSeries) -> dict[str, float]:
    """Time the backtest and Prophet's own cross-validation. The latter is timed at a few origins and scaled to all."""
    logs, frame = log_closes(series)
    origins = origins_of(len(logs), TRADING_DAYS).rows
    sampled = origins[np.linspace(0, len(origins) - 1, CROSS_VALIDATED_ORIGINS).round().astype(int)]
    model = fit_model(Prophet, frame)
    cutoffs = [frame["ds"].iloc[row] for row in sampled]
    theirs = seconds_of(lambda: cross_validation(model, horizon=f"{DAYS} days", cutoffs=cutoffs, disable_tqdm=True)) * (
        len(origins) / len(sampled)
    )
    ours = statistics.median(seconds_of(lambda: run_backtest(history_of(logs))) for _ in range(ROUNDS))
    return {
        "backtest_origins": float(len(origins)),
        "backtest_ms": 1000 * ours,
        "cross_validation_ms": 1000 * theirs,
        "backtest_speedup": theirs / ours,
    }


def run_backtest(history: History) -> None:
    """Make every fit and distribution of a backtest of forty origins."""
    fits = OriginFits.over(history, TRADING_DAYS)
    Evidence(history, TRADING_DAYS, fits=fits, with_drift=True).forecasts()


def history_of(logs: pd.Series) -> History:
    """Return the backtest's input for log closes."""
    return ModelInput.of(np.exp(logs), pd.DatetimeIndex([]), with_drift=True).history


def whole_figures(series: PriceSeries) -> dict[str, float]:
    """Time all work of a request in a worker, and stock Prophet's fit, predict and plot without a backtest.

    The figures of many forecasts leave the charts out on both sides, and Prophet's prediction of the past.
    """
    closes = series.frame["close"]
    forecast_of(series, DAYS)
    stock_prophet(closes, DAYS)
    finished = forecast_of(series, DAYS)
    seconds = median_seconds(
        ROUNDS,
        ours=lambda: draw_chart(forecast_of(series, DAYS)),
        long=lambda: draw_chart(forecast_of(series, 10_000)),
        stock=lambda: stock_prophet(closes, DAYS),
        png=lambda: draw_chart(finished),
        many=lambda: forecast_of(series, DAYS),
        stock_many=lambda: predict_with_stock_prophet(closes, DAYS),
    )
    return {
        "whole_ms": 1000 * seconds["ours"],
        "stock_whole_ms": 1000 * seconds["stock"],
        "png_ms": 1000 * seconds["png"],
        "whole_ratio": seconds["ours"] / seconds["stock"],
        "many_ms": 1000 * seconds["many"],
        "stock_many_ms": 1000 * seconds["stock_many"],
        "many_ratio": seconds["many"] / seconds["stock_many"],
        "long_horizon_ratio": seconds["long"] / seconds["ours"],
    }


def forecast_of(series: PriceSeries, days: int) -> Forecast:
    """Make a forecast as a worker does."""
    question = ForecastQuestion(ticker=series.ticker, days=days)
    return make_forecast(series, question, today=series.last, fetched_at=datetime.now(UTC), version="")


def growth_figures(series: PriceSeries) -> dict[str, float]:
    """Time the engine without the chart on histories of up to forty years. A request has at most ten.

    Longer histories repeat the same moves, because the cost depends on their number alone.
    """
    moves = np.diff(np.log(series.frame["close"].to_numpy()))
    by_years = median_seconds(5, **{f"{years}_years_ms": partial(run_blend, moves, years) for years in YEARS})
    seconds = list(by_years.values())
    doublings = np.log2(YEARS[-1] / YEARS[0])
    each = {name: 1000 * median for name, median in by_years.items()}
    return each | {"growth_per_doubling": float((seconds[-1] / seconds[0]) ** (1 / doublings))}


def run_blend(moves: np.ndarray, years: int) -> None:
    """Make the fits, the prediction, the backtest and the distribution on a history of so many years."""
    rows = years * ROWS_A_YEAR
    days = pd.bdate_range(end="2013-03-01", periods=rows)
    closes = pd.Series(np.exp(np.resize(moves, rows).cumsum()), index=days)
    blend_output(
        ModelInput.of(closes, pd.bdate_range("2013-03-04", periods=TRADING_DAYS), with_drift=True), Stopwatch()
    )


if __name__ == "__main__":
    main()
