"""The call of an evaluation: compare models on the stored prices."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace

import pandas as pd

from common.domain.errors import UnknownModel
from common.domain.evaluations.question import EvaluationQuestion
from common.domain.plausibility import drop_implausible_rows
from common.domain.progress import WorkProgress
from forecast_service.calls.output import CallOutput, PricesGone
from forecast_service.calls.task import Task
from forecast_service.engine.evaluation.backtest import Origins
from forecast_service.evaluations.evaluation import Runs, evaluate
from forecast_service.evaluations.failures import TOO_SLOW, ModelFailure
from forecast_service.evaluations.models.registry import BUILT_INS, REGRESSION, curves_of, is_known
from forecast_service.evaluations.past import FloatArray, Past
from forecast_service.user_models.entry_points import user_models
from forecast_service.user_models.process import TimeLimits, user_model_curves
from forecast_service.user_models.time_budget import TimeBudget

TIME_TO_FINISH_S = 15.0
"""Seconds before the deadline at which a model's next forecast does not begin: the finished rows have to be scored and
stored."""


def compute(task: Task[EvaluationQuestion]) -> CallOutput:
    """Evaluate the models.

    Raises:
        PricesGone: the stored prices of the question's ticker are missing or damaged.
        UnknownModel: there is no model of this name.
        Failure: the evaluation cannot be computed.
    """
    question, of_users = task.question, user_models()
    for name in question.models:
        _require_model(name, of_users)
    started = time.perf_counter()
    stored = task.prices(question.ticker)
    history = drop_implausible_rows(stored.series.take_last_years())
    others, missing = _others(task)
    past = Past.of(history, question.field, others)
    read = time.perf_counter()

    def report(fraction: float, step: str) -> None:
        task.report(WorkProgress(min(fraction, 1.0), step))

    asked_of_users = [name for name in question.models if name in of_users]
    ends_at = task.ends_at - TIME_TO_FINISH_S
    budget = TimeBudget(len(asked_of_users), ends_at)

    def start_model(name: str, past: Past, origins: Origins) -> Iterator[FloatArray]:
        if name == REGRESSION and missing:
            raise ModelFailure("prices_not_stored", _missing_sentence(missing))
        if name in of_users:
            return user_model_curves(name, past, origins, TimeLimits(budget.next_limit_s()))
        return curves_of(name, past.field)(past, origins)

    evaluation = evaluate(history, past, question, Runs(start_model, report, ends_at, asked_of_users))
    total = time.perf_counter()
    timings_ms = {"read": round(1000 * (read - started), 1), "total": round(1000 * (total - started), 1)}
    # With more time, another request may get the scores of a model that was too slow.
    is_complete = not any(row.failure and row.failure.code == TOO_SLOW for row in evaluation.models)
    return replace(task.output(evaluation, stored, timings_ms), is_reusable=is_complete)


def _require_model(name: str, of_users: Iterable[str]) -> None:
    """Raise :class:`UnknownModel` if there is no model of this name."""
    if is_known(name) or name in of_users:
        return
    known = ", ".join([*BUILT_INS, *of_users])
    raise UnknownModel(f"No model is called {name}. Use one of {known}, or prophet with a number such as prophet:0.01.")


def _others(task: Task[EvaluationQuestion]) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Return the stored prices of the other stocks, and the tickers of which none are stored."""
    frames, missing = {}, []
    for ticker in task.question.others:
        try:
            frames[ticker] = task.prices(ticker).series.frame
        except PricesGone:
            missing.append(ticker)
    return frames, missing


def _missing_sentence(tickers: list[str]) -> str:
    names = " and ".join(tickers)
    return (
        f"No prices of {names} are stored, so the regression has no scores. Request a forecast of {tickers[0]}, which "
        "fetches them, and evaluate again."
    )
