import numpy as np
import pandas as pd
import pytest

from forecast_service.engine.prophet import array_prophet
from forecast_service.engine.prophet.array_prophet import History, fit_history
from forecast_service.engine.prophet.model import as_arrays, fit_prophet, predict_moves


def closes_of(rows, seed=4):
    days = pd.bdate_range("2012-01-02", periods=rows)
    moves = np.random.default_rng(seed).normal(0.0003, 0.015, rows)
    return pd.Series(80 * np.exp(moves.cumsum()), index=days)


def days_of(index):
    return pd.DatetimeIndex(index).to_numpy().astype("datetime64[D]").astype(np.int64)


@pytest.mark.parametrize("rows", [60, 300, 521, 522, 1000, 2518])
def test_arrays_predict_what_prophets_objects_predict(rows):
    closes = closes_of(rows)
    future = pd.bdate_range(closes.index[-1], periods=64)
    fit = fit_history(History.of(days_of(closes.index), np.log(closes.to_numpy() / closes.iloc[-1])))
    own = predict_moves(fit_prophet(closes), future)
    np.testing.assert_allclose(fit.predicted(days_of(future)), own, atol=1e-9)


@pytest.mark.parametrize(("rows", "ahead"), [(300, 10), (2518, 21), (2518, 250), (600, 2000)])
def test_sampled_errors_have_prophets_distribution(rows, ahead, monkeypatch):
    monkeypatch.setattr(array_prophet, "DRAWS", 20_000)
    closes = closes_of(rows)
    model = fit_prophet(closes)
    model.uncertainty_samples = 20_000 if ahead < 1000 else 2000
    future = pd.bdate_range(closes.index[-1] + pd.Timedelta(days=1), periods=ahead)
    np.random.seed(3)
    theirs = model.predictive_samples(pd.DataFrame({"ds": future}))["yhat"][-1]
    day = days_of(future)[-1]
    ours = as_arrays(model).predicted(np.array([day])) + as_arrays(model).sampled_errors(int(day))
    for level in (0.5, 0.8, 0.95):
        one, other = (np.ptp(np.quantile(each, [(1 - level) / 2, (1 + level) / 2])) for each in (ours, theirs))
        assert one == pytest.approx(other, rel=0.03 if ahead < 1000 else 0.1)
    assert np.median(ours) == pytest.approx(np.median(theirs), abs=0.05 * theirs.std())


def test_sampled_errors_are_reproducible():
    fit = fit_history(History.of(days_of((closes := closes_of(600)).index), np.log(closes.to_numpy())))
    np.testing.assert_array_equal(fit.sampled_errors(16_800), fit.sampled_errors(16_800))


def test_fit_at_a_row_does_not_depend_on_later_rows():
    closes = closes_of(1000)
    history = History.of(days_of(closes.index), np.log(closes.to_numpy()))
    alone = History.of(history.days[:600], history.values[:600])
    day = history.days[[620]]
    assert fit_history(history.until(600)).predicted(day) == fit_history(alone).predicted(day)
