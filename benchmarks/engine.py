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

from benchmarks.report import medians, parser, report, seconds_of
from benchmarks.yardsticks.autoets_environment import autoets
from benchmarks.yardsticks.stock_prophet import quiet_prophet, sample_series, stock_prophet
from common.domain.prices import PriceSeries
from common.domain.questions import Question
from common.domain.results import Forecast
from forecast_service.charts.chart import draw_chart
from forecast_service.engine.evaluation.backtest import Evidence, origins_of
from forecast_service.engine.forecast import make_forecast
from forecast_service.engine.model_output import ModelInput, blend_output
from forecast_service.engine.prophet.array_prophet import History
from forecast_service.engine.prophet.backend import FastProphet
from forecast_service.engine.stopwatch import Stopwatch

ROUNDS = 9
DAYS, TRADING_DAYS = 30, 21
CROSS_VALIDATED = 5
YEARS = (1, 2, 5, 10, 20, 40)
ROWS_A_YEAR = 252


def main() -> None:
    """Measure and report."""
    options = parser(__doc__).parse_args()
    quiet_prophet()
    warnings.simplefilter("ignore")
    series = sample_series()
    figures = fit_figures(series) | backtest_figures(series) | whole_figures(series) | growth_figures(series)
    report(figures, options.json)


def fit_figures(series: PriceSeries) -> dict[str, float]:
    """``Prophet.fit()`` with the exact solver and with Stan, and AutoETS, on ten years."""
    logs, frame = logs_of(series)
    with autoets(logs.to_numpy()) as fit_autoets:
        fit_autoets()
        taken = medians(
            ROUNDS,
            ours=lambda: fitted(FastProphet, frame),
            stan=lambda: fitted(Prophet, frame),
            autoets=fit_autoets,
        )
    return {
        "fit_ms": 1000 * taken["ours"],
        "stan_fit_ms": 1000 * taken["stan"],
        "autoets_ms": 1000 * taken["autoets"],
        "fit_speedup_10y": taken["stan"] / taken["ours"],
        "fit_vs_autoets": taken["autoets"] / taken["ours"],
    }


def logs_of(series: PriceSeries) -> tuple[pd.Series, pd.DataFrame]:
    """The logarithms of the closes, and the same as Prophet takes them."""
    logs = np.log(series.frame["close"])
    return logs, pd.DataFrame({"ds": logs.index, "y": logs.to_numpy()})


def fitted(kind: type[Prophet], frame: pd.DataFrame) -> Prophet:
    """The model of the service, fitted by a kind of Prophet."""
    return kind(scaling="minmax", weekly_seasonality=False, daily_seasonality=False).fit(frame)


def backtest_figures(series: PriceSeries) -> dict[str, float]:
    """The backtest beside Prophet's own cross-validation at the same origins, timed on some of them and scaled."""
    logs, frame = logs_of(series)
    origins = origins_of(len(logs), TRADING_DAYS).rows
    some = origins[np.linspace(0, len(origins) - 1, CROSS_VALIDATED).round().astype(int)]
    model = fitted(Prophet, frame)
    cutoffs = [frame["ds"].iloc[row] for row in some]
    theirs = seconds_of(lambda: cross_validation(model, horizon=f"{DAYS} days", cutoffs=cutoffs, disable_tqdm=True)) * (
        len(origins) / len(some)
    )
    ours = statistics.median(seconds_of(lambda: backtest(history_of(logs))) for _ in range(ROUNDS))
    return {
        "backtest_origins": float(len(origins)),
        "backtest_ms": 1000 * ours,
        "cross_validation_ms": 1000 * theirs,
        "backtest_speedup": theirs / ours,
    }


def backtest(history: History) -> None:
    """Forty origins: every fit, every interval."""
    Evidence(history, TRADING_DAYS, with_prophet=True).forecasts(0.8)


def history_of(logs: pd.Series) -> History:
    """The closes as the backtest takes them."""
    return ModelInput(np.exp(logs), pd.DatetimeIndex([]), 0.8).history


def whole_figures(series: PriceSeries) -> dict[str, float]:
    """Everything that a request's worker does, beside stock Prophet's fit, predict and plot without a backtest."""
    closes = series.frame["close"]
    forecast_of(series, DAYS)
    stock_prophet(closes, DAYS)
    finished = forecast_of(series, DAYS)
    taken = medians(
        ROUNDS,
        ours=lambda: draw_chart(forecast_of(series, DAYS)),
        long=lambda: draw_chart(forecast_of(series, 10_000)),
        stock=lambda: stock_prophet(closes, DAYS),
        png=lambda: draw_chart(finished),
    )
    return {
        "whole_ms": 1000 * taken["ours"],
        "stock_whole_ms": 1000 * taken["stock"],
        "png_ms": 1000 * taken["png"],
        "whole_ratio": taken["ours"] / taken["stock"],
        "long_horizon_ratio": taken["long"] / taken["ours"],
    }


def forecast_of(series: PriceSeries, days: int) -> Forecast:
    """A forecast as a worker makes it."""
    question = Question(ticker=series.ticker, days=days)
    return make_forecast(series, question, today=series.last, fetched_at=datetime.now(UTC), version="")


def growth_figures(series: PriceSeries) -> dict[str, float]:
    """The engine on ever longer histories, beyond the ten years that a request is given; its picture left out.

    Longer ones are the same moves again: the cost depends on their number alone.
    """
    moves = np.diff(np.log(series.frame["close"].to_numpy()))
    taken = medians(5, **{f"{years}_years_ms": partial(run_blend, moves, years) for years in YEARS})
    seconds = list(taken.values())
    doublings = np.log2(YEARS[-1] / YEARS[0])
    each = {name: 1000 * median for name, median in taken.items()}
    return each | {"growth_per_doubling": float((seconds[-1] / seconds[0]) ** (1 / doublings))}


def run_blend(moves: np.ndarray, years: int) -> None:
    """Fit, predict, backtest and interval on a history of some years."""
    rows = years * ROWS_A_YEAR
    days = pd.bdate_range(end="2013-03-01", periods=rows)
    closes = pd.Series(np.exp(np.resize(moves, rows).cumsum()), index=days)
    blend_output(ModelInput(closes, pd.bdate_range("2013-03-04", periods=TRADING_DAYS), 0.8), Stopwatch())


if __name__ == "__main__":
    main()
