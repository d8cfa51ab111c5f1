"""Models that take one past at a time."""

from __future__ import annotations

from collections.abc import Iterator

from forecast_service.engine.evaluation.backtest import Origins
from forecast_service.evaluations.past import FloatArray, Model, Past


def at_each_origin(model: Model, past: Past, origins: Origins) -> Iterator[FloatArray]:
    """Yield the curves of a model that is given the past at each origin, and nothing after it."""
    for row in origins.rows:
        yield model(past.until(int(row)), origins.horizon)
