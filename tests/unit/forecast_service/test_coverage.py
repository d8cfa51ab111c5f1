"""The calibration of an interval, and its sentence."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from scipy.stats import binom

from common.domain.results import Backtest, Calibration
from forecast_service.engine.evaluation.coverage import at_least, at_most, calibration_of
from forecast_service.engine.evaluation.summary import coverage_sentence
from tests.unit.forecast_service.test_forecast import answer, series_of


@pytest.mark.parametrize(
    ("held", "scored", "level", "judged"),
    [
        (6, 20, 0.8, "too_narrow"),
        (11, 20, 0.8, "too_narrow"),
        (12, 20, 0.8, "as_said"),
        (16, 20, 0.8, "as_said"),
        (19, 20, 0.8, "as_said"),
        (20, 20, 0.8, "too_wide"),
        (20, 20, 0.95, "as_said"),
        (16, 20, 0.95, "too_narrow"),
        (20, 20, 0.5, "too_wide"),
        (0, 20, 0.99, "too_narrow"),
        (0, 3, 0.8, "too_narrow"),
        (2, 3, 0.8, "too_few_tests"),
        (1, 1, 0.5, "too_few_tests"),
        (0, 1, 0.8, "too_few_tests"),
    ],
)
def test_calibration_is_a_binomial_test_of_the_coverage(held: int, scored: int, level: float, judged: str) -> None:
    assert calibration_of(held / scored, scored, level) == judged


@pytest.mark.parametrize("level", [0.5, 0.8, 0.99])
@pytest.mark.parametrize("tests", [1, 5, 20])
def test_whole_counts_give_the_binomial_distribution(tests: int, level: float) -> None:
    for held in range(tests + 1):
        assert at_most(held, tests, level) == pytest.approx(binom.cdf(held, tests, level))
        assert at_least(held, tests, level) == pytest.approx(binom.sf(held - 1, tests, level))


def test_overlapping_tests_prove_less() -> None:
    assert calibration_of(20 / 20, 5, 0.8) == "as_said"
    assert calibration_of(12 / 20, 20, 0.9) == "too_narrow"
    assert calibration_of(12 / 20, 4, 0.9) == "too_few_tests"


def backtest(held: int, calibration: Calibration | None) -> Backtest:
    return Backtest(
        origins=40,
        scored=20,
        overlap=1.0,
        horizon_trading_days=21,
        mae_pct=1.0,
        naive_mae_pct=1.0,
        skill=0.0,
        coverage=held / 20,
        calibration=calibration,
        direction_hit_rate=None,
        points=[],
    )


@pytest.mark.parametrize(
    ("held", "calibration", "words"),
    [
        (6, "too_narrow", "Such a range held the price in 6 of 20 tests in the past, so it was too narrow."),
        (20, "too_wide", "Such a range held the price in 20 of 20 tests in the past, so it was too wide."),
        (15, "as_said", "Such a range held the price in 15 of 20 tests in the past, which fits its level of 80 %."),
        (1, "too_few_tests", "Such a range held the price in 1 of 20 tests in the past: too few to judge it."),
        (15, None, "Such a range held the price in 15 of 20 tests in the past."),
    ],
)
def test_sentence_states_the_calibration(held: int, calibration: Calibration | None, words: str) -> None:
    assert coverage_sentence(backtest(held, calibration), 0.8) == words


def test_interval_that_is_too_narrow_is_reported() -> None:
    found = answer(series_of(pd.bdate_range("2018-01-01", "2026-11-19")), date(2026, 11, 20), model="prophet")
    assert found.backtest
    assert found.backtest.calibration == "too_narrow"
    assert f"in {found.backtest.scored_inside} of 20 tests in the past, so it was too narrow." in found.verdict


def test_calibrated_interval_fits_its_level() -> None:
    found = answer(series_of(pd.bdate_range("2018-01-01", "2026-11-19")), date(2026, 11, 20))
    assert found.backtest
    assert found.backtest.calibration == "as_said"
    assert "which fits its level" in found.verdict


def test_result_without_calibration_is_valid() -> None:
    made = answer(series_of(pd.bdate_range("2024-01-01", "2026-11-19")), date(2026, 11, 20))
    old = made.model_dump(mode="json")
    del old["data"]["flags"]
    del old["backtest"]["calibration"]
    read = type(made).model_validate(old)
    assert (read.data.flags, read.backtest and read.backtest.calibration) == ([], None)
