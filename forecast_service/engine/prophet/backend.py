"""Prophet with the exact fit in Stan's place; features, changepoints and predictions are still Prophet's own."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
from prophet import Prophet
from prophet.models import CmdStanPyBackend, IStanBackend, TrendIndicator

from forecast_service.engine.prophet.map_fit import MapFit, fit_design
from forecast_service.engine.prophet.posterior import FloatArray, ModelData, make_design

MAP = "MAP"
"""What :meth:`MapBackend.get_type` says, and what Prophet hands on to the copies that it makes of itself."""

log = logging.getLogger(__name__)


class MapBackend(IStanBackend):
    """Fits linear growth with additive terms exactly, and has Stan do what that cannot, with a warning.

    ``fitted`` is the last exact fit, with its optimality; ``stan_fit`` is set instead where Stan did it. Options of a
    fit such as ``seed`` or ``iter`` are Stan's: an exact fit has no use for them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fitted: MapFit | None = None
        self._stan: CmdStanPyBackend | None = None

    @staticmethod
    def get_type() -> str:
        """The backend's name."""
        return MAP

    def load_model(self) -> None:
        """There is no program to load; Stan's is loaded when it is first needed."""

    def fit(self, stan_init: dict[str, float], stan_data: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Maximise the posterior.

        Raises:
            TooFewRows: there are too few values.
            NotConverged: the optimum was not reached.
        """
        reason = why_stan(stan_data)
        if reason:
            return self._by_stan(reason, "fit", stan_init, stan_data, **kwargs)
        self.stan_fit, self.fitted = None, fit_design(make_design(model_data(stan_data)))
        if self.fitted.at_floor:
            log.info("the model goes through every value; sigma stands at its floor of %.1e", self.fitted.sigma)
        return stan_params(self.fitted)

    def sampling(
        self, stan_init: dict[str, float], stan_data: dict[str, Any], samples: int, **kwargs: Any
    ) -> dict[str, Any]:
        """Draw from the posterior, by Stan."""
        return self._by_stan("MCMC was asked for", "sampling", stan_init, stan_data, samples, **kwargs)

    def cleanup(self) -> None:
        """Remove the files of Stan, if it was needed."""
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
    """Prophet with :class:`MapBackend` unless another backend is named; made without loading Stan."""

    def _load_stan_backend(self, stan_backend: str | None) -> None:
        if stan_backend in (None, MAP):
            self.stan_backend = MapBackend()
        else:
            super()._load_stan_backend(stan_backend)


def why_stan(stan_data: Mapping[str, Any]) -> str | None:
    """Why :mod:`map_fit` cannot fit the model that Prophet describes, or None if it can."""
    growth = TrendIndicator(stan_data["trend_indicator"])
    if growth is not TrendIndicator.LINEAR:
        return f"growth is {growth.name.lower()}"
    if np.any(stan_data["s_m"]):
        return "there are multiplicative terms"
    return None


def model_data(stan_data: Mapping[str, Any]) -> ModelData:
    """Read what Prophet makes for Stan: series, frames, arrays and lists."""
    return ModelData(
        y=_array(stan_data["y"]),
        t=_array(stan_data["t"]),
        changepoints=_array(stan_data["t_change"]),
        features=_array(stan_data["X"]) * _array(stan_data["s_a"]),
        prior_scales=_array(stan_data["sigmas"]),
        tau=float(stan_data["tau"]),
    )


def stan_params(fit: MapFit) -> dict[str, FloatArray]:
    """Lay out a fit as Prophet expects it of Stan: one row a draw, of which there is one."""
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
