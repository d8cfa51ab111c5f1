"""The comparison with the last price, which ignores differences that chance explains."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from forecast_service.engine.evaluation.comparison import comparison_of
from tests.unit.forecast_service.test_forecast import answer, series_of

FloatArray = npt.NDArray[np.float64]
NOISE = np.random.default_rng(5).normal(0, 1, 20)


@pytest.mark.parametrize(
    ("gains", "independent", "judged"),
    [
        (NOISE - NOISE.mean() + 1.0, 20, "better"),
        (NOISE - NOISE.mean() - 1.0, 20, "worse"),
        (NOISE - NOISE.mean() + 0.2, 20, "no_difference"),
        (NOISE - NOISE.mean() + 1.0, 4, "no_difference"),
        (np.full(20, 0.1), 20, "better"),
        (np.zeros(20), 20, "no_difference"),
        (np.full(20, 9.0), 1, "no_difference"),
        (np.array([1.0]), 1, "no_difference"),
    ],
)
def test_comparison_depends_on_the_variance_of_the_difference(gains: FloatArray, independent: int, judged: str) -> None:
    assert comparison_of(gains, independent) == judged


def test_equal_forecasts_are_rarely_better_or_worse() -> None:
    rng = np.random.default_rng(7)
    wrong = sum(comparison_of(rng.normal(0, 1, 20), 20) != "no_difference" for _ in range(1000))
    assert wrong < 80


def test_worse_model_is_worse_and_the_last_price_equals_itself() -> None:
    series = series_of(pd.bdate_range("2018-01-01", "2026-11-19"))
    prophet, plain = (answer(series, date(2026, 11, 20), model=model) for model in ("prophet", "last_price"))
    assert prophet.backtest
    assert prophet.backtest.comparison == "worse"
    assert plain.backtest
    assert plain.backtest.comparison == "no_difference"


def test_few_tests_show_no_difference() -> None:
    found = answer(series_of(pd.bdate_range("2026-01-01", "2026-11-19")), date(2026, 11, 20), model="prophet", days=60)
    assert found.backtest
    assert found.backtest.independent_tests < 4
    assert abs(found.backtest.skill) > 0.005
    assert found.backtest.comparison == "no_difference"
