"""The run of one model over all origins: its forecasts, the time they took, or the reason of its failure."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

import numpy as np

from common.domain.evaluations.result import RowFailure
from forecast_service.engine.evaluation.backtest import Origins
from forecast_service.evaluations.failures import ModelFailure
from forecast_service.evaluations.past import FloatArray
from forecast_service.evaluations.scores import InvalidCurve, check_curve

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ModelRun:
    """The forecasts of one model, shape (origins, len(grid.PROBABILITIES)), or the reason of its failure."""

    name: str
    label: str
    curves: FloatArray | None
    seconds: float
    failure: RowFailure | None = None


def run_model(
    name: str,
    label: str,
    start: Callable[[], Iterator[FloatArray]],
    origins: Origins,
    on_origin: Callable[[int], None],
) -> ModelRun:
    """Collect the forecasts of a model. Any failure of it is its own.

    Args:
        name: the name of the model.
        label: its name for people.
        start: begins the forecasts, and returns them oldest first.
        origins: the origins.
        on_origin: called with the number of the origin before each forecast; it may raise ModelFailure.
    """
    started = time.perf_counter()
    found: list[FloatArray] = []
    failure = _collect(label, start, len(origins.rows), on_origin, found)
    seconds = time.perf_counter() - started
    return ModelRun(name, label, None if failure else np.array(found), seconds, failure)


def _collect(
    label: str,
    start: Callable[[], Iterator[FloatArray]],
    count: int,
    on_origin: Callable[[int], None],
    found: list[FloatArray],
) -> RowFailure | None:
    """Append the forecasts to ``found``; return the reason where one of ``count`` is missing."""
    running = None
    try:
        on_origin(1)
        running = start()
        for curve in running:
            found.append(check_curve(curve))
            if len(found) < count:
                on_origin(len(found) + 1)
    except ModelFailure as exc:
        return exc.row
    except InvalidCurve as exc:
        return RowFailure(code="model_invalid", detail=_at(label, len(found), count, str(exc)))
    except Exception as exc:  # noqa: BLE001 - a failure of any kind is the model's own
        _log.warning("the model %s failed", label, exc_info=exc)
        return RowFailure(code="model_failed", detail=_at(label, len(found), count, "it could not be fitted"))
    finally:
        if isinstance(running, Generator):
            running.close()  # ends the process of a user's model
    if len(found) == count:
        return None
    detail = f"{label} has no scores: it returned {len(found)} forecasts for {count} origins. Change it."
    return RowFailure(code="model_invalid", detail=detail)


def _at(label: str, done: int, count: int, text: str) -> str:
    return f"{label} has no scores: at origin {done + 1} of {count}, {text}. Leave it out, or change it."
