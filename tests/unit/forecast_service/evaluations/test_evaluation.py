"""An evaluation has the scores that its own forecasts and outcomes give, and a failure costs one row only."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from benchmarks.evaluations.made_up import evaluation_of, history_of, past_of, row_of, walk
from common.domain.errors import TooLittleData
from common.domain.evaluations.question import EvaluationQuestion
from forecast_service.engine.evaluation.holm import correct_by_holm
from forecast_service.evaluations.evaluation import Runs, evaluate
from forecast_service.evaluations.inference import mean_test
from forecast_service.evaluations.models.registry import BUILT_INS, curves_of, is_known, label_of
from forecast_service.evaluations.summary import summary_of

FAST = ("last_price", "drift", "blend")


@pytest.fixture(scope="module")
def evaluation():
    return evaluation_of(walk(), models=(*FAST, "prophet:0.01"))


def test_anybody_can_compute_the_scores_again(evaluation):
    last = np.array([origin.last_value for origin in evaluation.origins])
    actual = np.array([origin.actual for origin in evaluation.origins])
    errors = {}
    for row in evaluation.models:
        median, lower, upper = np.array([(one.median, one.lower, one.upper) for one in row.forecasts]).T
        errors[row.name] = 100 * abs(median - actual) / last
        outside = np.maximum(lower - actual, 0) + np.maximum(actual - upper, 0)
        interval_scores = 100 * (upper - lower + 2 / (1 - evaluation.level) * outside) / last
        assert row.mae_pct == pytest.approx(errors[row.name].mean())
        assert row.interval_score_pct == pytest.approx(interval_scores.mean())
        assert row.coverage == pytest.approx(((lower <= actual) & (actual <= upper)).mean())
        assert row.crps_pct == pytest.approx(np.mean([one.crps_pct for one in row.forecasts]))
    compared = [row for row in evaluation.models if row.name != "last_price"]
    for row in compared:
        test = mean_test(errors["last_price"] - errors[row.name], evaluation.overlap)
        assert row.mae_difference.mean == pytest.approx(test.mean, abs=1e-9)
        assert row.mae_difference.standard_error == pytest.approx(test.standard_error, abs=1e-9)
    corrected = correct_by_holm([row.crps_difference.p_value for row in compared])
    assert [row.crps_difference.p_corrected for row in compared] == pytest.approx(corrected)
    assert evaluation.compared == len(compared)


def test_the_last_price_is_the_median_of_its_forecast_and_has_no_verdict(evaluation):
    row = row_of(evaluation, "last_price")
    medians = [one.median for one in row.forecasts]
    assert medians == pytest.approx([origin.last_value for origin in evaluation.origins])
    assert (row.verdict, row.crps_difference) == (None, None)


def test_the_last_price_is_added_where_it_is_not_asked_for():
    assert [row.name for row in evaluation_of(walk(), models=("drift",)).models] == ["last_price", "drift"]


def test_all_models_are_scored_on_the_same_days(evaluation):
    assert {len(row.forecasts) for row in evaluation.models} == {20} == {len(evaluation.origins)}
    assert all(origin.origin < origin.target for origin in evaluation.origins)
    assert evaluation.origins[-1].target == evaluation.as_of


def test_overlap_is_one_where_the_history_is_long_enough(evaluation):
    assert evaluation.overlap == 1.0
    short = evaluation_of(walk(160), models=("drift",), days=14)
    assert short.overlap > 1
    assert row_of(short, "drift").crps_difference.freedom < 10


def test_the_progress_names_the_model_and_the_origin():
    seen = []
    evaluation_of(walk(), models=("drift",), report=lambda fraction, step: seen.append((fraction, step)))
    assert seen[0] == (0.0, "Last price, origin 1 of 20")
    assert (0.5 + 11 / 40, "Last price with drift, origin 12 of 20") in seen
    assert [fraction for fraction, _ in seen] == sorted(fraction for fraction, _ in seen)


@pytest.mark.parametrize(
    ("curve", "code", "words"),
    [
        (lambda: np.zeros(3), "model_invalid", "array of shape (3,)"),
        (lambda: np.full(113, np.nan), "model_invalid", "no finite number"),
        (lambda: np.linspace(1, 0, 113), "model_invalid", "ascend"),
        (lambda: np.linspace(-1, 600, 113), "model_invalid", "more than 50"),
        (lambda: 1 / 0, "model_failed", "could not be fitted"),
    ],
)
def test_a_model_that_fails_costs_its_own_row_only(curve, code, words):
    def start(name, past, origins):
        if name != "drift":
            return curves_of(name)(past, origins)
        return (curve() for _ in origins.rows)

    result = evaluation_of(walk(), models=FAST, start=start)
    failed = row_of(result, "drift")
    assert failed.failure.code == code
    assert "Last price with drift has no scores" in failed.failure.detail
    assert (failed.crps_pct, failed.verdict, failed.forecasts) == (None, None, [])
    assert row_of(result, "blend").verdict
    assert result.compared == 1
    assert "Last price with drift failed." in result.summary
    assert words in failed.failure.detail


def test_a_history_that_is_too_short_says_how_many_values_are_needed():
    with pytest.raises(TooLittleData, match=r"TEST has 130 values, and 20 origins .* need at least 143"):
        evaluation_of(walk(130), models=("drift",))


def test_a_split_forecasts_all_of_the_rest():
    result = evaluation_of(walk(), models=("drift",), split=0.8)
    assert result.split.last_of_first == result.origins[0].origin == result.split.values[319].date
    assert len(result.split.values) == 400
    steps = [(one.origin, one.target) for one in result.origins]
    assert all(before[1] == after[0] for before, after in pairwise(steps))
    assert result.split.steps_apart == 1


def test_a_split_with_many_steps_is_thinned_out_and_says_so():
    result = evaluation_of(walk(1200), models=("drift",), split=0.5, days=1)
    rows = [one.date for one in result.split.values]
    places = [rows.index(one.origin) for one in result.origins]
    assert len(places) == 200
    assert {after - before for before, after in pairwise(places)} == {3}
    assert result.split.steps_apart == 3


@pytest.mark.parametrize("field", ["open", "high", "low"])
def test_every_price_can_be_evaluated(field):
    result = evaluation_of(walk(), models=("drift", "blend"), field=field)
    assert result.unit == "USD"
    assert all(row.failure is None for row in result.models)


def test_models_of_volume_are_compared_with_the_recent_median_of_the_weekday():
    result = evaluation_of(walk(), models=("drift", "blend", "regression"), field="volume")
    assert result.unit == "shares"
    assert [row.label for row in result.models] == [
        "Weekday's recent median", "Last price with drift", "Reverting level", "Regression",
    ]  # fmt: skip
    drift = row_of(result, "drift")
    assert (drift.failure.code, "is that of a price" in drift.failure.detail) == ("model_failed", True)
    assert "the weekday's recent median" in result.summary
    median = row_of(result, "last_price").forecasts[0].median
    assert median != pytest.approx(result.origins[0].last_value)


def test_the_summary_names_the_better_and_the_worse_models(evaluation):
    assert evaluation.summary.startswith("No model forecasts better than the last price here")
    rows = [row_of(evaluation, name) for name in ("drift", "blend", "prophet:0.01")]
    words = ["better", "better", "worse"]
    rows = [row.model_copy(update={"verdict": verdict}) for row, verdict in zip(rows, words, strict=True)]
    assert summary_of(rows, "Last price") == (
        "Last price with drift and Blend forecast better than the last price here. Prophet (0.01) forecasts worse."
    )


def test_only_prophet_takes_a_number():
    assert is_known("prophet:0.5")
    assert not is_known("ets:0.5")
    assert not is_known("prophet:0")
    assert label_of("prophet:0.5") == "Prophet (0.5)"
    assert all(is_known(name) for name in BUILT_INS)


def test_a_question_names_a_model_once():
    question = EvaluationQuestion(ticker="AAPL", models=("ets", "drift", "ets"))
    assert question.models == ("ets", "drift")
    assert hash(question)


def test_a_weekly_series_is_evaluated_in_its_own_steps():
    weekly = history_of(walk(300))
    weekly.frame.index = pd.date_range("2010-01-01", periods=300, freq="W-FRI", name="date")
    asked = EvaluationQuestion(ticker="TEST", days=30, models=("drift", "blend", "ets"), origins=10)

    def start(name, past, origins):
        return curves_of(name)(past, origins)

    result = evaluate(weekly, past_of(weekly), asked, Runs(start, lambda fraction, step: None))
    assert result.horizon_trading_days in {4, 5}
    assert {row.name: row.failure and row.failure.code for row in result.models} == {
        "last_price": None, "drift": "model_failed", "blend": None, "ets": None,
    }  # fmt: skip
