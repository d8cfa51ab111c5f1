"""The models by name: their labels, and the modules that make them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module

from forecast_service.engine.evaluation.backtest import Origins
from forecast_service.evaluations.failures import ModelFailure
from forecast_service.evaluations.past import FloatArray, Past

Curves = Callable[[Past, Origins], Iterator[FloatArray]]
"""From the whole history and the origins to the quantiles of the move from each origin, oldest first."""

_MODELS = "forecast_service.evaluations.models"
PROPHET, REGRESSION = "prophet", "regression"


@dataclass(frozen=True)
class BuiltIn:
    """A model of this project: its name for people, its module, and the function of it that returns the curves."""

    label: str
    module: str
    function: str = "curves"


BUILT_INS: dict[str, BuiltIn] = {
    "last_price": BuiltIn("Last price", f"{_MODELS}.engine_models", "last_price"),
    "drift": BuiltIn("Last price with drift", f"{_MODELS}.engine_models", "drift"),
    "blend": BuiltIn("Blend", f"{_MODELS}.engine_models", "blend"),
    PROPHET: BuiltIn("Prophet", f"{_MODELS}.engine_models", PROPHET),
    "ets": BuiltIn("ETS", f"{_MODELS}.ets"),
    "theta": BuiltIn("Theta", f"{_MODELS}.theta"),
    "arima": BuiltIn("ARIMA", f"{_MODELS}.arima"),
    "garch": BuiltIn("GARCH", f"{_MODELS}.garch"),
    REGRESSION: BuiltIn("Regression", f"{_MODELS}.regression"),
}
"""The models by name. A module is imported on first use, because the libraries take up to a second."""
OF_VOLUME: dict[str, BuiltIn] = {
    "last_price": BuiltIn("Weekday's recent median", f"{_MODELS}.volume_models", "weekday_median"),
    "blend": BuiltIn("Reverting level", f"{_MODELS}.volume_models", "reverting_level"),
}
"""The models that stand for others where volume is forecast, as in forecasts of volume."""


def label_of(name: str, field: str = "close") -> str:
    """Return a model's name for people; that of a user's model is its name."""
    base, _, parameter = name.partition(":")
    model = _find(base, field)
    label = model.label if model else base
    return f"{label} ({parameter})" if parameter else label


def is_known(name: str) -> bool:
    """Return whether this project has the model. Only Prophet takes a number."""
    base, _, parameter = name.partition(":")
    return base in BUILT_INS and (not parameter or (base == PROPHET and float(parameter) > 0))


def curves_of(name: str, field: str = "close") -> Curves:
    """Return the function of a model for a field.

    Raises:
        KeyError: there is no such model.
        ModelFailure: the model has no forecast of the field.
    """
    base, _, parameter = name.partition(":")
    model = _find(base, field)
    if model is None:
        raise KeyError(name)
    if (base, field) == ("drift", "volume"):
        raise ModelFailure(
            "model_failed", "The drift is that of a price, so it has no scores. Leave it out for volume."
        )
    curves: Curves = getattr(import_module(model.module), model.function)
    if not parameter:
        return curves
    made: Callable[[Past, Origins, float], Iterator[FloatArray]] = curves  # type: ignore[assignment]
    return lambda past, origins: made(past, origins, float(parameter))


def _find(base: str, field: str) -> BuiltIn | None:
    return OF_VOLUME.get(base, BUILT_INS.get(base)) if field == "volume" else BUILT_INS.get(base)
