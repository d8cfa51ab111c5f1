"""The steps from a history and a question to an evaluation."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from common.domain.evaluations.question import MOST_ORIGINS, YARDSTICK, EvaluationQuestion, TradingRule
from common.domain.evaluations.result import (
    Difference,
    EvaluatedOrigin,
    Evaluation,
    FieldValue,
    Holding,
    ModelScores,
    Split,
)
from common.domain.fields import volume_unit
from common.domain.markets.trading_calendars import calendar_of
from common.domain.prices import PriceSeries
from forecast_service.engine.evaluation.backtest import Origins
from forecast_service.engine.trading_days import forecast_days, target_date
from forecast_service.evaluations.failures import TOO_SLOW, ModelFailure
from forecast_service.evaluations.inference import compare_all, mean_test
from forecast_service.evaluations.models.registry import label_of
from forecast_service.evaluations.origins import last_origins, split_origins
from forecast_service.evaluations.past import FloatArray, Past
from forecast_service.evaluations.runs import ModelRun, run_model
from forecast_service.evaluations.scores import ForecastScores, forecasts_of, score_forecasts
from forecast_service.evaluations.summary import summary_of
from forecast_service.evaluations.trading import holdings_of

StartModel = Callable[[str, Past, Origins], Iterator[FloatArray]]
"""Begins the forecasts of a model by its name."""


@dataclass(frozen=True)
class Runs:
    """The way in which the models of an evaluation run.

    Args:
        start_model: begins the forecasts of a model.
        report: called with the fraction of the work that is done, and the present step in words.
        ends_at: the time of the monotonic clock at which models that have not finished fail, and the others are scored.
        last: the models that run last, so that their slowness takes no time from the others.
    """

    start_model: StartModel
    report: Callable[[float, str], None]
    ends_at: float = math.inf
    last: Collection[str] = ()

    def turn(self, name: str) -> int:
        """Return the turn of a model: the yardstick is first, as no other has a verdict without it."""
        return 0 if name == YARDSTICK else 2 if name in self.last else 1


def evaluate(
    history: PriceSeries,
    past: Past,
    question: EvaluationQuestion,
    running: Runs,
) -> Evaluation:
    """Evaluate the models of a question.

    Args:
        history: the prices.
        past: the values of the question's field, with the prices of other stocks.
        question: the models, the horizon, the origins and the interval level.
        running: the way in which the models run.

    Raises:
        TooLittleData: the history has no room for the origins.
    """
    horizon = _horizon(history, question.days)
    origins = _origins(past, question, horizon)
    values = np.asarray(past.values, dtype=np.float64)
    realised = np.asarray(np.log(values[origins.rows + horizon] / values[origins.rows]), dtype=np.float64)
    names = [*([] if YARDSTICK in question.models else [YARDSTICK]), *question.models]
    labels = {name: label_of(name, question.field) for name in names}
    done = {
        name: run_model(
            name,
            labels[name],
            lambda name=name: running.start_model(name, past, origins),  # type: ignore[misc]
            origins,
            _before_origin(running, labels[name], number, len(names), len(origins.rows)),
        )
        for number, name in enumerate(sorted(names, key=running.turn))
    }
    runs = [done[name] for name in names]
    rows = _rows(runs, realised, np.asarray(values[origins.rows], dtype=np.float64), _overlap(origins), question.level)
    rows, buy_and_hold = _with_holdings(rows, question.rule, values, origins)
    return Evaluation(
        ticker=question.ticker,
        field=question.field,
        unit=volume_unit(question.ticker) if question.field == "volume" else history.currency,
        days=question.days,
        horizon_trading_days=horizon,
        level=question.level,
        as_of=_day(past, -1),
        source=history.source,
        first=_day(past, 0),
        rows=len(past.values),
        overlap=_overlap(origins),
        origins=_evaluated_origins(past, origins),
        models=rows,
        compared=sum(row.crps_difference is not None for row in rows),
        summary=summary_of(rows, labels[YARDSTICK]),
        split=_split(past, origins, question.split) if question.split is not None else None,
        rule=question.rule,
        buy_and_hold=buy_and_hold,
    )


def _horizon(history: PriceSeries, days: int) -> int:
    """Return the trading days of a forecast for so many calendar days from the last close."""
    calendar = calendar_of(history.ticker, pd.DatetimeIndex(history.frame.index))
    return len(forecast_days(history.last, target_date(history.last, days, calendar), calendar))


def _origins(past: Past, question: EvaluationQuestion, horizon: int) -> Origins:
    rows = len(past.values)
    if question.split is None:
        return last_origins(past.ticker, rows, horizon, question.origins)
    return split_origins(past.ticker, rows, horizon, question.split, MOST_ORIGINS)


def _overlap(origins: Origins) -> float:
    return origins.overlap if len(origins.rows) > 1 else 1.0


def _before_origin(running: Runs, label: str, number: int, models: int, count: int) -> Callable[[int], None]:
    """Return the function that is called before each forecast of one model: it reports, and raises beyond the time."""

    def before(origin: int) -> None:
        if time.monotonic() > running.ends_at:
            detail = f"{label} has no scores: at origin {origin} of {count}, the time of the evaluation had run out."
            raise ModelFailure(TOO_SLOW, f"{detail} Ask for fewer models or origins.")
        running.report((number + (origin - 1) / count) / models, f"{label}, origin {origin} of {count}")

    return before


def _rows(
    runs: Sequence[ModelRun], realised: FloatArray, last_values: FloatArray, overlap: float, level: float
) -> list[ModelScores]:
    scores = {
        run.name: score_forecasts(run.curves, realised, level) if run.curves is not None else None for run in runs
    }
    yardstick = scores[YARDSTICK]
    others = [run.name for run in runs if run.name != YARDSTICK and scores[run.name] and yardstick]
    of_crps = dict(zip(others, _differences(scores, others, "crps", overlap), strict=True))
    of_mae = dict(zip(others, _differences(scores, others, "errors", overlap), strict=True))
    return [_row(run, scores[run.name], last_values, of_crps.get(run.name), of_mae.get(run.name)) for run in runs]


def _differences(
    scores: dict[str, ForecastScores | None], names: Sequence[str], score: str, overlap: float
) -> list[Difference | None]:
    """Return the difference of each model to the last price, corrected for their number."""
    reference: FloatArray = getattr(scores[YARDSTICK], score, np.zeros(0))
    gains = [reference - getattr(scores[name], score) for name in names]
    return compare_all([mean_test(gain, overlap) for gain in gains])


def _row(
    run: ModelRun,
    scores: ForecastScores | None,
    last_values: FloatArray,
    crps_difference: Difference | None,
    mae_difference: Difference | None,
) -> ModelScores:
    row = ModelScores(name=run.name, label=run.label, failure=run.failure, seconds=round(run.seconds, 3))
    if scores is None:
        return row
    return row.model_copy(
        update={
            "mae_pct": float(scores.errors.mean()),
            "crps_pct": float(scores.crps.mean()),
            "interval_score_pct": float(scores.interval_scores.mean()),
            "coverage": float(scores.inside.mean()),
            "verdict": crps_difference.verdict if crps_difference else None,
            "crps_difference": crps_difference,
            "mae_difference": mae_difference,
            "forecasts": forecasts_of(scores, last_values),
        }
    )


def _with_holdings(
    rows: list[ModelScores], rule: TradingRule | None, values: FloatArray, origins: Origins
) -> tuple[list[ModelScores], Holding | None]:
    """Return the rows with the outcomes of the trading rule, and that of buying and holding."""
    if rule is None:
        return rows, None
    chances = {row.name: np.array([one.chance_of_gain for one in row.forecasts]) for row in rows if row.forecasts}
    found, buy_and_hold = holdings_of(chances, rule, values, origins)
    return [row.model_copy(update={"holding": found.get(row.name)}) for row in rows], buy_and_hold


def _evaluated_origins(past: Past, origins: Origins) -> list[EvaluatedOrigin]:
    days = pd.DatetimeIndex(past.values.index).date
    values = past.values.to_numpy(dtype=np.float64)
    return [
        EvaluatedOrigin(origin=days[row], target=days[end], last_value=float(values[row]), actual=float(values[end]))
        for row, end in zip(origins.rows, origins.rows + origins.horizon, strict=True)
    ]


def _split(past: Past, origins: Origins, fraction: float) -> Split:
    days = pd.DatetimeIndex(past.values.index).date
    values = [FieldValue(date=day, value=value) for day, value in zip(days, past.values.tolist(), strict=True)]
    steps = int(origins.rows[1] - origins.rows[0]) // origins.horizon if len(origins.rows) > 1 else 1
    return Split(fraction=fraction, last_of_first=days[origins.rows[0]], steps_apart=steps, values=values)


def _day(past: Past, row: int) -> date:
    day: pd.Timestamp = past.values.index[row]
    return day.date()
