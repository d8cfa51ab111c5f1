"""Prophet's moves and interval for usual and unusual closes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from common.domain.errors import ForecastFailed
from forecast_service.engine.distribution.interval import interval_bounds
from forecast_service.engine.prophet.model import MAX_DRAWN_DAYS, fit_prophet, predict_draws, predict_moves

INDEX = pd.bdate_range("2010-01-04", periods=900)


def walk(rows: int = len(INDEX), seed: int = 1) -> pd.Series:
    moves = np.random.default_rng(seed).normal(0.0005, 0.015, rows)
    return pd.Series(50 * np.exp(moves.cumsum()), index=INDEX[:rows])


def ahead(closes: pd.Series, days: int = 30) -> pd.DatetimeIndex:
    return pd.bdate_range(closes.index[-1] + pd.Timedelta(days=1), periods=days)


def forecast(closes: pd.Series, days: int = 30, level: float = 0.8):
    """Return Prophet's moves since the last close, with the bounds of its interval."""
    model, future = fit_prophet(closes), ahead(closes, days)
    moves = predict_moves(model, future)
    below, above = interval_bounds(predict_draws(model, future), level).T
    return moves, moves + below, moves + above


def test_thousandfold_price_gives_the_same_moves():
    closes = walk()
    for one, thousand in zip(forecast(closes), forecast(closes * 1000), strict=True):
        np.testing.assert_allclose(thousand, one, rtol=1e-6)


def test_interval_is_reproducible_and_preserves_the_global_generator():
    np.random.seed(7)
    expected = np.random.random()
    np.random.seed(7)
    first = forecast(walk())
    assert np.random.random() == expected
    np.testing.assert_array_equal(first, forecast(walk()))


def test_predictions_equal_prophets_own():
    days = ahead(walk())
    model = fit_prophet(walk())
    own = model.predict(pd.DataFrame({"ds": days}))["yhat"]
    np.testing.assert_allclose(predict_moves(model, days), own, rtol=1e-12)


def test_higher_level_gives_a_wider_interval_around_the_prediction():
    moves, lower, upper = forecast(walk(), level=0.5)
    _, lower_still, upper_still = forecast(walk(), level=0.99)
    assert (np.diff([lower_still, lower, moves, upper, upper_still], axis=0) > 0).all()


def test_interval_of_a_long_horizon_is_interpolated_to_every_day():
    moves, lower, upper = forecast(walk(), days=MAX_DRAWN_DAYS * 4)
    assert len(moves) == len(lower) == len(upper) == MAX_DRAWN_DAYS * 4
    assert upper[-1] - lower[-1] > upper[0] - lower[0] > 0


@pytest.mark.parametrize(
    "closes",
    [
        pd.Series(42.0, index=INDEX),
        pd.Series(np.linspace(10, 20, 60), index=INDEX[:60]),
        pd.Series(np.exp(np.linspace(0, 1, 900)), index=INDEX),
        pd.Series(np.where(np.arange(900) % 2, 10.0, 11.0), index=INDEX),
        walk(60),
        walk() * 1e-6,
        walk() * 1e9,
    ],
    ids=["constant", "line", "exact exponential", "two values", "short", "tiny", "huge"],
)
def test_unusual_positive_closes_give_finite_moves(closes):
    moves, lower, upper = forecast(closes)
    assert (lower <= moves).all()
    assert (moves <= upper).all()
    assert moves == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_close_without_a_logarithm_is_a_failed_forecast(bad):
    closes = walk()
    closes.iloc[100] = bad
    with pytest.raises(ForecastFailed):
        fit_prophet(closes)


def test_exception_of_prophet_becomes_a_failed_forecast():
    with pytest.raises(ForecastFailed) as failure:
        fit_prophet(walk(1))
    assert isinstance(failure.value.__cause__, ValueError)
