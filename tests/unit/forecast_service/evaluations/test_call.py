"""The call of an evaluation reads the prices of all stocks that it needs, and says which are not stored."""

import json
import time
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.evaluations.made_up import history_of, row_of, walk
from common.domain.errors import TooLittleData, UnknownModel
from common.domain.evaluations.question import EvaluationQuestion
from common.domain.evaluations.result import Evaluation
from forecast_service.calls.evaluation import TIME_TO_FINISH_S, compute
from forecast_service.calls.output import PricesGone
from forecast_service.calls.task import Task

LEADER = walk(300, seed=2)
FOLLOWER = walk(300, sigma=0.002) * np.concatenate([LEADER[:1], LEADER[:-1]]) / 100
STORED = {"TEST": history_of(FOLLOWER), "OTHER": history_of(LEADER, "OTHER"), "NEW": history_of(walk(90))}


def stored(ticker):
    if ticker not in STORED:
        raise PricesGone(ticker)
    return SimpleNamespace(series=STORED[ticker], facts=SimpleNamespace(revision="1"))


def evaluate(**question):
    asked = EvaluationQuestion(**{"ticker": "TEST", "days": 7, "origins": 4} | question)
    output = compute(Task(asked, STORED["TEST"].last, stored, lambda _: None))
    return Evaluation(**json.loads(output.body))


def test_the_regression_uses_the_other_stocks():
    alone, both = (evaluate(models=("regression",), days=1, others=others) for others in ((), ("OTHER",)))
    assert row_of(both, "regression").crps_pct < 0.7 * row_of(alone, "regression").crps_pct


def test_another_stock_without_stored_prices_costs_the_row_of_the_regression_only():
    found = evaluate(models=("regression", "drift"), others=("OTHER", "ABSENT"))
    assert row_of(found, "drift").failure is None
    failure = row_of(found, "regression").failure
    assert failure.code == "prices_not_stored"
    assert failure.detail.startswith(
        "No prices of ABSENT are stored, so the regression has no scores. Request a forecast"
    )


def test_an_unknown_model_is_named_with_those_that_exist():
    with pytest.raises(UnknownModel, match=r"No model is called holt\. Use one of last_price, drift, blend"):
        evaluate(models=("holt",))


def test_a_history_that_is_too_short_is_a_failure_of_the_request():
    with pytest.raises(TooLittleData, match="has 90 values"):
        evaluate(ticker="NEW", models=("drift",))


@pytest.mark.parametrize("time_s", [-1.0, 600.0])
def test_an_evaluation_that_lacks_time_has_the_rows_that_are_finished_and_is_not_reused(time_s):
    asked = EvaluationQuestion(ticker="TEST", days=7, origins=4, models=("drift",))
    ends_at = time.monotonic() + TIME_TO_FINISH_S + time_s
    output = compute(Task(asked, STORED["TEST"].last, stored, lambda _: None, ends_at=ends_at))
    failures = [row.failure and row.failure.code for row in Evaluation(**json.loads(output.body)).models]
    has_time = time_s > 0
    assert failures == [None if has_time else "model_too_slow"] * 2
    assert output.is_reusable == has_time
