"""The exact fit as a backend of Prophet."""

from __future__ import annotations

import logging
import pickle
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from prophet.diagnostics import prophet_copy
from prophet.models import CmdStanPyBackend

from forecast_service.engine.prophet.backend import FastProphet, MapBackend, model_data, why_stan
from forecast_service.engine.prophet.map_fit import TooFewRows, map_fit

DAYS = pd.bdate_range("2010-01-04", periods=900)


def history(values: np.ndarray | None = None) -> pd.DataFrame:
    if values is None:
        values = np.random.default_rng(1).normal(0.0005, 0.015, len(DAYS)).cumsum()
    return pd.DataFrame({"ds": DAYS[: len(values)], "y": values})


def fitted(frame: pd.DataFrame | None = None, **options: Any) -> Any:
    chosen: dict[str, Any] = {"scaling": "minmax", "weekly_seasonality": False, "daily_seasonality": False} | options
    return FastProphet(**chosen).fit(history() if frame is None else frame)


def ahead(rows: int = 30) -> pd.DataFrame:
    return pd.DataFrame({"ds": pd.bdate_range(DAYS[-1] + pd.Timedelta(days=1), periods=rows)})


def test_prophet_predicts_with_bands_around_the_middle():
    predicted = fitted().predict(ahead())
    assert np.isfinite(predicted.select_dtypes("number").to_numpy()).all()
    assert (predicted["yhat_lower"] < predicted["yhat"]).all()
    assert (predicted["yhat"] < predicted["yhat_upper"]).all()


def test_prediction_of_the_history_equals_the_matrix_product():
    model = fitted()
    data = model.history
    found = model.stan_backend.fitted
    hinges = np.maximum(data["t"].to_numpy()[:, None] - model.changepoints_t, 0) @ found.delta
    season = model.make_all_seasonality_features(data)[0].to_numpy() @ found.beta
    expected = (found.k * data["t"] + found.m + hinges + season) * model.y_scale + data["floor"]
    np.testing.assert_allclose(model.predict(history()[["ds"]])["yhat"], expected, rtol=1e-10)


def test_every_parameter_has_one_row_as_a_draw_of_stan():
    params = fitted().params
    shapes = {name: value.shape for name, value in params.items()}
    one = dict.fromkeys(["lp__", "k", "m", "sigma_obs"], (1, 1))
    assert shapes == one | {"delta": (1, 25), "beta": (1, 20)}


@pytest.mark.parametrize(
    "options",
    [
        {"n_changepoints": 0},
        {"changepoints": [DAYS[100], DAYS[100], DAYS[500]]},
        {"yearly_seasonality": False},
        {"weekly_seasonality": True},
        {"scaling": "absmax"},
        {"seasonality_mode": "multiplicative", "yearly_seasonality": False},
    ],
    ids=str,
)
def test_every_additive_model_of_linear_growth_is_fitted_exactly(options):
    model = fitted(**options)
    assert model.stan_fit is None
    assert model.stan_backend.fitted.kkt.worst <= 1e-6
    assert np.isfinite(model.predict(ahead())["yhat"]).all()


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e9])
def test_fit_does_not_depend_on_the_unit_of_the_values(scale):
    one, other = fitted(), fitted(history(history()["y"].to_numpy() * scale))
    assert other.stan_backend.fitted.kkt.worst <= 1e-6
    np.testing.assert_allclose(other.predict(ahead())["yhat"], one.predict(ahead())["yhat"] * scale, rtol=1e-6)


def test_fit_is_reproducible_to_the_last_bit():
    first, second = fitted().params, fitted().params
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name])


@pytest.mark.parametrize(
    "values",
    [
        np.full(900, 42.0),
        np.linspace(1, 2, 900),
        (np.arange(900) % 2).astype(float),
        np.arange(60) ** 2.0,
        np.arange(3.0),
    ],
    ids=["constant", "line", "two values", "parabola", "three rows"],
)
def test_unusual_histories_give_finite_predictions(values):
    predicted = fitted(history(values)).predict(ahead())
    assert np.isfinite(predicted[["yhat", "yhat_lower", "yhat_upper"]].to_numpy()).all()


def test_interpolating_fit_is_logged(caplog):
    with caplog.at_level(logging.INFO, logger="forecast_service"):
        fitted(history((DAYS - DAYS[0]).days.to_numpy(np.float64)), yearly_seasonality=False)
    assert "floor" in caplog.text


def test_too_few_rows_raise_too_few_rows():
    with pytest.raises(TooFewRows):
        fitted(history(np.array([1.0, 2.0])))


def test_options_for_stan_are_ignored():
    frame = history()
    plain = FastProphet(scaling="minmax").fit(frame).params
    with_options = FastProphet(scaling="minmax").fit(frame, seed=1, iter=10, output_dir="nowhere").params
    np.testing.assert_array_equal(plain["delta"], with_options["delta"])


def test_exact_fit_takes_only_additive_models_of_linear_growth():
    additive = {"trend_indicator": 0, "s_m": pd.Series([0, 0])}
    assert why_stan(additive) is None
    assert why_stan(additive | {"trend_indicator": 1}) == "growth is logistic"
    assert why_stan(additive | {"trend_indicator": 2}) == "growth is flat"
    assert "multiplicative" in str(why_stan(additive | {"s_m": pd.Series([0, 1])}))


def test_features_that_are_not_additive_are_omitted():
    values = np.arange(4.0)
    stan_data = {
        "y": pd.Series(values),
        "t": pd.Series(values),
        "t_change": np.array([0]),
        "X": pd.DataFrame({"a": values, "b": values}),
        "s_a": pd.Series([1, 0]),
        "sigmas": [10.0, 1.0],
        "tau": 0.05,
    }
    data = model_data(stan_data)
    np.testing.assert_array_equal(data.features, np.column_stack([values, np.zeros(4)]))
    assert data.changepoints.dtype == data.features.dtype == np.float64


def test_matrices_and_prophet_give_the_same_fit():
    model = fitted()
    features, scales, _, _ = model.make_all_seasonality_features(model.history)
    found = map_fit(
        model.history["y_scaled"].to_numpy(),
        model.history["t"].to_numpy(),
        model.changepoints_t,
        features.to_numpy(),
        np.array(scales),
        model.changepoint_prior_scale,
    )
    np.testing.assert_array_equal(found.delta, model.params["delta"][0])


def test_exact_fit_does_not_load_stan(monkeypatch):
    monkeypatch.delitem(sys.modules, "cmdstanpy", raising=False)
    fitted()
    assert "cmdstanpy" not in sys.modules


def test_copies_keep_the_backend_and_another_can_be_chosen():
    copy = prophet_copy(fitted())
    assert type(copy) is FastProphet
    assert isinstance(copy.stan_backend, MapBackend)
    assert isinstance(FastProphet(stan_backend="CMDSTANPY").stan_backend, CmdStanPyBackend)


def test_fitted_model_survives_pickle():
    model = fitted(uncertainty_samples=0)
    again = pickle.loads(pickle.dumps(model))  # noqa: S301 - our own bytes
    np.testing.assert_array_equal(again.predict(ahead())["yhat"], model.predict(ahead())["yhat"])
