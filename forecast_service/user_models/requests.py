"""The requests to a user's model, in its process.

They are pickled pasts on standard input, and the answers are lines of JSON on standard output. The model gets neither
of them: it reads nothing, and what it prints goes to standard error.
"""

from __future__ import annotations

import inspect
import json
import os
import pickle
import sys
import traceback
from typing import Any

import numpy as np

from forecast_service.user_models.entry_points import user_models


def answer_all(name: str) -> None:
    """Answer requests with the forecasts of a model until the input ends."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    model: Any = None
    while True:
        try:
            past, horizon = pickle.load(requests)  # noqa: S301 - the parent process wrote it
        except EOFError:
            return
        try:
            model = model or _load(name)
            answer: dict[str, Any] = {"curve": np.asarray(model(past, horizon), dtype=np.float64).tolist()}
        except Exception as exc:  # noqa: BLE001 - the model may raise anything
            traceback.print_exc(file=sys.stderr)
            answer = {"raised": type(exc).__name__}
        print(json.dumps(answer), file=answers, flush=True)


def _load(name: str) -> Any:
    """Return the model of an entry point: a function, or an instance of its class."""
    loaded = user_models()[name].load()
    return loaded() if inspect.isclass(loaded) else loaded
