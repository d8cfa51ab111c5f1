"""Prophet with the exact fit in place of Stan's. Features, changepoints and predictions remain Prophet's."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np

from forecast_service.engine.prophet.map_fit import MapFit, fit_design
from forecast_service.engine.prophet.posterior import FloatArray, ModelData, make_design
from forecast_service.engine.prophet.without_plots import CmdStanPyBackend, IStanBackend, Prophet, TrendIndicator

MAP = "MAP"
"""The name of :class:`MapBackend`, which Prophet passes to copies of a model."""

log = logging.getLogger(__name__)


class MapBackend(IStanBackend):
    """Fits linear growth with additive terms exactly. It passes other models to Stan, with a warning.

    ``fitted`` is the last exact fit with its optimality conditions. After a fit by Stan, ``stan_fit`` is set instead.
    An exact fit ignores options of Stan such as ``seed`` and ``iter``.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fitted: MapFit | None = None
        self._stan: CmdStanPyBackend | None = None

    @staticmethod
    def get_type() -> str:
        """Return the name of the backend."""
        return MAP

    def load_model(self) -> None:
        """Do nothing. Stan's program is loaded at its first use."""

    def fit(self, stan_init: dict[str, float], stan_data: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Maximise the posterior.

        Raises:
            TooFewRows: there are too few values.
            NotConverged: no optimum was found.
        """
        reason = why_stan(stan_data)
        if reason:
            return self._by_stan(reason, "fit", stan_init, stan_data, **kwargs)
        self.stan_fit, self.fitted = None, fit_design(make_design(model_data(stan_data)))
        if self.fitted.at_floor:
            log.info("the model interpolates every value; sigma is at its floor of %.1e", self.fitted.sigma)
        return stan_params(self.fitted)

    def sampling(
        self, stan_init: dict[str, float], stan_data: dict[str, Any], samples: int, **kwargs: Any
    ) -> dict[str, Any]:
        """Sample the posterior with Stan."""
        return self._by_stan("MCMC was requested", "sampling", stan_init, stan_data, samples, **kwargs)

    def cleanup(self) -> None:
        """Remove Stan's files, where it was used."""
        if self._stan:
            self._stan.cleanup()

    def _by_stan(self, reason: str, task: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
        log.warning("Stan fits this model, many times slower: %s", reason)
        self._stan = self._stan or CmdStanPyBackend()
        self._stan.newton_fallback = self.newton_fallback
        params: dict[str, Any] = getattr(self._stan, task)(*args, **kwargs)
        self.fitted, self.stan_fit = None, self._stan.stan_fit
        return params


class FastProphet(Prophet):
    """Prophet with :class:`MapBackend` as its default backend. Creating a model does not load Stan."""

    def _load_stan_backend(self, stan_backend: str | None) -> None:
        if stan_backend in (None, MAP):
            self.stan_backend = MapBackend()
        else:
            super()._load_stan_backend(stan_backend)


def why_stan(stan_data: Mapping[str, Any]) -> str | None:
    """Return the reason why :mod:`map_fit` cannot fit a model, or None where it can."""
    growth = TrendIndicator(stan_data["trend_indicator"])
    if growth is not TrendIndicator.LINEAR:
        return f"growth is {growth.name.lower()}"
    if np.any(stan_data["s_m"]):
        return "there are multiplicative terms"
    return None


def model_data(stan_data: Mapping[str, Any]) -> ModelData:
    """Convert the data that Prophet makes for Stan."""
    return ModelData(
        y=_array(stan_data["y"]),
        t=_array(stan_data["t"]),
        changepoints=_array(stan_data["t_change"]),
        features=_array(stan_data["X"]) * _array(stan_data["s_a"]),
        prior_scales=_array(stan_data["sigmas"]),
        tau=float(stan_data["tau"]),
    )


def stan_params(fit: MapFit) -> dict[str, FloatArray]:
    """Return a fit in the layout of Stan's parameters: arrays with one row, for one draw."""
    values = {
        "lp__": fit.log_posterior,
        "k": fit.k,
        "m": fit.m,
        "delta": fit.delta,
        "sigma_obs": fit.sigma,
        "beta": fit.beta,
    }
    return {name: np.asarray(value, dtype=np.float64).reshape(1, -1) for name, value in values.items()}


def _array(values: Any) -> FloatArray:
    return np.asarray(values, dtype=np.float64)
