import numpy as np
import pandas as pd
import pytest

from forecast_service.engine.array_prophet import History, fit_history
from forecast_service.engine.model import fit_prophet, predict_moves


def closes_of(rows, seed=4):
    days = pd.bdate_range("2012-01-02", periods=rows)
    moves = np.random.default_rng(seed).normal(0.0003, 0.015, rows)
    return pd.Series(80 * np.exp(moves.cumsum()), index=days)


def days_of(index):
    return pd.DatetimeIndex(index).to_numpy().astype("datetime64[D]").astype(np.int64)


@pytest.mark.parametrize("rows", [60, 300, 521, 522, 1000, 2518])
def test_arrays_and_prophets_objects_predict_the_same(rows):
    closes = closes_of(rows)
    future = pd.bdate_range(closes.index[-1], periods=64)
    fit = fit_history(History.of(days_of(closes.index), np.log(closes.to_numpy() / closes.iloc[-1])))
    own = predict_moves(fit_prophet(closes, 0.8), future)
    np.testing.assert_allclose(fit.predicted(days_of(future)), own, atol=1e-9)


def test_what_comes_later_changes_nothing():
    closes = closes_of(1000)
    history = History.of(days_of(closes.index), np.log(closes.to_numpy()))
    alone = History.of(history.days[:600], history.values[:600])
    day = history.days[[620]]
    assert fit_history(history.until(600)).predicted(day) == fit_history(alone).predicted(day)
