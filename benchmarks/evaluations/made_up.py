"""Made-up histories of which it is known which model forecasts them better, and their evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.domain.evaluations.question import EvaluationQuestion
from common.domain.evaluations.result import Evaluation, ModelScores
from common.domain.prices import PriceSeries
from forecast_service.engine.evaluation.backtest import Origins
from forecast_service.evaluations.evaluation import Runs, evaluate
from forecast_service.evaluations.models.registry import curves_of
from forecast_service.evaluations.past import FloatArray, Past

Closes = npt.NDArray[np.float64]
TICKER = "TEST"


def walk(rows: int = 400, seed: int = 1, sigma: float = 0.01) -> Closes:
    """Return a random walk: no model is better than its last price."""
    return np.asarray(100 * np.exp(np.random.default_rng(seed).normal(0, sigma, rows).cumsum()))


def yearly_season(rows: int = 1300, seed: int = 1) -> Closes:
    """Return a walk with a strong yearly season, which Prophet knows."""
    days = (pd.bdate_range("2012-01-02", periods=rows) - pd.Timestamp("2012-01-02")).days.to_numpy()
    season = 0.2 * np.sin(2 * np.pi * days / 365.25)
    noise = np.random.default_rng(seed).normal(0, 0.003, rows).cumsum()
    return np.asarray(100 * np.exp(season + noise))


def damped_trend(rows: int = 400, seed: int = 1) -> Closes:
    """Return a level whose trend lasts for some days and fades, which exponential smoothing knows."""
    errors = np.random.default_rng(seed).normal(0, 0.005, rows)
    level, trend, levels = 0.0, 0.0, []
    for error in errors:
        level, trend = level + 0.9 * trend + error, 0.9 * trend + 0.8 * error
        levels.append(level)
    return np.asarray(100 * np.exp(levels))


def garch_noise(rows: int = 1500, seed: int = 1) -> Closes:
    """Return a walk whose moves are large after large ones, for some days, which GARCH knows."""
    shocks = np.random.default_rng(seed).standard_t(5, rows) * np.sqrt(3 / 5)
    variance, moves = 1e-4, []
    for shock in shocks:
        moves.append(np.sqrt(variance) * shock)
        variance = 5e-6 + 0.55 * moves[-1] ** 2 + 0.4 * variance
    return np.asarray(100 * np.exp(np.cumsum(moves)))


def history_of(values: Closes, ticker: str = TICKER, seed: int = 0, field: str = "close") -> PriceSeries:
    """Return prices around the values of a field, open or close, with volumes.

    The other of the two is the value before, with noise: it says nothing about the next one.
    """
    random = np.random.default_rng(seed)
    days = pd.bdate_range("2012-01-02", periods=len(values), name="date")
    around = np.concatenate([values[:1], values[:-1]]) * np.exp(random.normal(0, 0.003, len(values)))
    opens, closes = (values, around) if field == "open" else (around, values)
    high, low = np.maximum(opens, closes) * 1.004, np.minimum(opens, closes) * 0.996
    volume = np.exp(random.normal(14, 0.4, len(values)))
    columns = {"open": opens, "high": high, "low": low, "close": closes, "adj_close": closes, "volume": volume}
    return PriceSeries(ticker, "none", "USD", pd.DataFrame(columns, index=days))


def past_of(history: PriceSeries, field: Any = "close", others: Mapping[str, pd.DataFrame] | None = None) -> Past:
    """Return the whole history as a model's past."""
    return Past.of(history, field, others or {})


def _start(name: str, past: Past, origins: Origins) -> Iterator[FloatArray]:
    return curves_of(name, past.field)(past, origins)


def _ignore(fraction: float, step: str) -> None:
    """Do nothing with the progress."""


def evaluation_of(
    closes: Closes,
    start: Any = _start,
    report: Any = _ignore,
    others: Mapping[str, Closes] | None = None,
    **question: Any,
) -> Evaluation:
    """Evaluate models on made-up closes, and on those of other stocks."""
    asked = EvaluationQuestion.model_validate({"ticker": TICKER, "days": 7, "origins": 20} | question)
    history = history_of(closes, field=asked.field)
    frames = {ticker: history_of(each, ticker).frame for ticker, each in (others or {}).items()}
    return evaluate(history, past_of(history, asked.field, frames), asked, Runs(start, report))


def row_of(evaluation: Evaluation, name: str) -> ModelScores:
    """Return the row of a model."""
    return next(row for row in evaluation.models if row.name == name)
