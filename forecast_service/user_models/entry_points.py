"""The models that installed packages offer."""

from __future__ import annotations

import re
from importlib.metadata import EntryPoint, entry_points

from common.domain.evaluations.question import BUILT_IN, MODEL_NAME

GROUP = "stockcast.models"


def user_models() -> dict[str, EntryPoint]:
    """Return the entry points by the name of the model.

    A name that is not a model's, or that a built-in model has, is left out. The packages are not imported.
    """
    return {
        entry.name: entry
        for entry in entry_points(group=GROUP)
        if re.match(MODEL_NAME, entry.name) and ":" not in entry.name and entry.name not in BUILT_IN
    }
