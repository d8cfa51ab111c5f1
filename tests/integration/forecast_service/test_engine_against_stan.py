"""The exact fit compared with Stan's: at least its posterior, and the same forecast at the same optimum."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prophet import Prophet

from forecast_service.engine.prophet.backend import FastProphet, MapBackend
from forecast_service.engine.prophet.map_fit import MapFit
from forecast_service.engine.prophet.posterior import ModelData, Point, make_design
from ingestion_service.providers.sample import TICKERS, Sample

OPTIONS: dict[str, Any] = {"scaling": "minmax", "weekly_seasonality": False, "daily_seasonality": False}


@pytest.fixture(autouse=True)
def _silent_stan() -> Iterator[None]:
    logger = logging.getLogger("cmdstanpy")
    level = logger.level
    logger.setLevel(logging.ERROR)
    yield
    logger.setLevel(level)


def sample(ticker: str) -> pd.DataFrame:
    closes = Sample().fetch(ticker, since=date(2000, 1, 1), timeout_s=1).frame["close"]
    return pd.DataFrame({"ds": closes.index, "y": np.log(closes.to_numpy())})


def random_history(seed: int, rows: int, roughness: float) -> pd.DataFrame:
    noise = np.random.default_rng(seed).normal(size=(2, rows))
    values = noise[0].cumsum() * (1 - roughness) + noise[1] * roughness
    return pd.DataFrame({"ds": pd.bdate_range("2010-01-04", periods=rows), "y": values})


def log_posterior(model: Prophet) -> float:
    """Return the log posterior of Stan's parameters on Prophet's own matrices."""
    design = make_design(data_of(model))
    theta = np.concatenate([model.params[name][0] for name in ("delta", "k", "m", "beta")])
    return Point(design, theta, float(model.params["sigma_obs"][0, 0]) ** 2, 0.0).log_posterior


def data_of(model: Any) -> ModelData:
    features, scales, columns, _ = model.make_all_seasonality_features(model.history)
    return ModelData(
        y=model.history["y_scaled"].to_numpy(),
        t=model.history["t"].to_numpy(),
        changepoints=model.changepoints_t,
        features=features.to_numpy() * columns["additive_terms"].to_numpy(),
        prior_scales=np.array(scales),
        tau=model.changepoint_prior_scale,
    )


def assert_no_worse_than_stan(frame: pd.DataFrame, **options: Any) -> tuple[Any, Any]:
    ours, theirs = FastProphet(**OPTIONS | options).fit(frame), Prophet(**OPTIONS | options).fit(frame)
    found = fitted(ours)
    assert found.kkt.worst <= 1e-6
    assert found.log_posterior >= log_posterior(theirs) - 1e-6
    return ours, theirs


def fitted(model: Prophet) -> MapFit:
    assert isinstance(model.stan_backend, MapBackend)
    assert model.stan_backend.fitted is not None
    return model.stan_backend.fitted


@pytest.mark.parametrize("ticker", TICKERS)
def test_posterior_on_the_samples_is_at_least_stans(ticker):
    _, theirs = assert_no_worse_than_stan(sample(ticker))
    assert log_posterior(theirs) == pytest.approx(theirs.params["lp__"][0, 0], rel=1e-5)


@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(40, 900), roughness=st.sampled_from([0.0, 0.5, 1.0]))
@settings(max_examples=12, derandomize=True)
def test_posterior_on_random_series_is_at_least_stans(seed, rows, roughness):
    assert_no_worse_than_stan(random_history(seed, rows, roughness))


def test_forecasts_agree_where_stan_finds_the_optimum():
    """Return a model with few parameters, whose optimum Stan's L-BFGS reaches."""
    options = {"n_changepoints": 3, "yearly_seasonality": False}
    ours, theirs = assert_no_worse_than_stan(random_history(5, 900, 0.5), **options)
    assert fitted(ours).log_posterior == pytest.approx(log_posterior(theirs), abs=1e-3)
    ahead = pd.DataFrame({"ds": pd.bdate_range("2014-01-01", periods=60)})
    np.random.seed(1)
    one = ours.predict(ahead)
    np.random.seed(1)
    other = theirs.predict(ahead)
    scale = ours.y_scale
    for column, share in (("yhat", 2e-3), ("yhat_lower", 1e-2), ("yhat_upper", 1e-2)):
        np.testing.assert_allclose(one[column] / scale, other[column] / scale, atol=share)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"growth": "flat"}, "growth is flat"),
        ({"growth": "logistic"}, "growth is logistic"),
        ({"seasonality_mode": "multiplicative", "yearly_seasonality": 2}, "multiplicative"),
        ({"mcmc_samples": 20, "yearly_seasonality": 2}, "MCMC"),
    ],
    ids=str,
)
def test_other_models_go_to_stan_with_a_warning(options, reason, caplog):
    frame = random_history(1, 60, 0.5).assign(cap=20.0, floor=-20.0)
    model = FastProphet(**{"yearly_seasonality": False} | OPTIONS | options)
    with caplog.at_level(logging.WARNING, logger="forecast_service"):
        model.fit(frame, seed=1)
    assert reason in caplog.text
    assert model.stan_fit is not None
    assert model.stan_backend.fitted is None
    assert np.isfinite(model.predict(frame)["yhat"]).all()
    model.stan_backend.cleanup()
