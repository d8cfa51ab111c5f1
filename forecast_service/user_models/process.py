"""The process of one user's model, as the worker sees it: requests with a time limit, and a certain end."""

from __future__ import annotations

import json
import os
import pickle
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np

from forecast_service.engine.evaluation.backtest import Origins
from forecast_service.evaluations.failures import ModelFailure
from forecast_service.evaluations.past import FloatArray, Past

FORECAST_LIMIT_S = 10.0
"""The longest time of one forecast."""
START_LIMIT_S = 30.0
"""The longest time of the first forecast, with the start of the process and the imports of the model."""
TOTAL_LIMIT_S = 180.0
"""The longest time of all forecasts of a model; an evaluation has to end within its deadline."""
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
"""The variables of the environment that the model gets. The others hold addresses and keys."""
_PIECE = 65536


def user_model_curves(
    name: str, past: Past, origins: Origins, limit_s: float = FORECAST_LIMIT_S, start_limit_s: float = START_LIMIT_S
) -> Iterator[FloatArray]:
    """Yield the curves of a user's model. Its process is killed at the end, and beyond a time limit.

    Args:
        name: the name of the model.
        past: the whole history; the process gets the past at each origin alone.
        origins: the origins.
        limit_s: the longest time of one forecast, in seconds.
        start_limit_s: the same for the first one.

    Raises:
        ModelFailure: the model raised, was too slow, or ended its process.
    """
    ends_at = time.monotonic() + TOTAL_LIMIT_S
    process = _UserModel(name)
    try:
        for number, row in enumerate(origins.rows):
            place = f"at origin {number + 1} of {len(origins.rows)}"
            if time.monotonic() > ends_at:
                detail = f"{name} has no scores: {place}, all its forecasts had taken {TOTAL_LIMIT_S:g} seconds."
                raise ModelFailure("model_too_slow", f"{detail} Make it faster, or ask for fewer origins.")
            limit = limit_s if number else start_limit_s
            yield process.forecast(past.until(int(row)), origins.horizon, limit, place)
    finally:
        process.kill()


class _UserModel:
    """The process of a model, the leader of a session of its own."""

    def __init__(self, name: str) -> None:
        self._name = name
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        self._process = subprocess.Popen(  # noqa: S603 - this project's own module
            [sys.executable, "-m", "forecast_service.user_models.child", name, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            start_new_session=True,
            bufsize=0,
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise OSError("the process has no pipes")
        self._requests, self._answers = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._requests, False)

    def forecast(self, past: Past, horizon: int, limit_s: float, place: str) -> FloatArray:
        """Return the quantiles that the model returns.

        Args:
            past: the past at an origin.
            horizon: trading days ahead.
            limit_s: the longest time in seconds.
            place: the origin in words.

        Raises:
            ModelFailure: the model raised, was too slow, or ended its process.
        """
        ends_at = time.monotonic() + limit_s
        try:
            self._send(pickle.dumps((past, horizon)), ends_at)
            answer: dict[str, Any] = json.loads(self._receive(ends_at))
        except TimeoutError:
            text = f"it took longer than {limit_s:.3g} seconds. Leave it out, or make it faster."
            raise self._failure("model_too_slow", place, text) from None
        except (BrokenPipeError, EOFError):
            self.kill()
            text = f"its process ended with status {self._process.returncode}. Leave it out, or correct it."
            raise self._failure("model_exited", place, text) from None
        if "raised" in answer:
            text = f"it raised {answer['raised']}. Leave it out, or correct it; the log has the details."
            raise self._failure("model_failed", place, text)
        return np.array(answer["curve"], dtype=np.float64)

    def kill(self) -> None:
        """End the process and all processes of its session."""
        # Until it is waited for, its id is not given to another process, even if it has ended before its children.
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _failure(self, code: str, place: str, text: str) -> ModelFailure:
        return ModelFailure(code, f"{self._name} has no scores: {place}, {text}")

    def _send(self, message: bytes, ends_at: float) -> None:
        view = memoryview(message)
        while view:
            _wait(ends_at, writable=self._requests)
            view = view[os.write(self._requests, view[:_PIECE]) :]

    def _receive(self, ends_at: float) -> bytes:
        """Return the next line. The process writes one line for each request."""
        line = b""
        while not line.endswith(b"\n"):
            _wait(ends_at, readable=self._answers)
            piece = os.read(self._answers, _PIECE)
            if not piece:
                raise EOFError
            line += piece
        return line


def _wait(ends_at: float, *, readable: int | None = None, writable: int | None = None) -> None:
    """Wait until a pipe can be used; raise TimeoutError if that is later than ``ends_at``."""
    left = ends_at - time.monotonic()
    reading, writing = ([each] if each is not None else [] for each in (readable, writable))
    if left <= 0 or not any(select.select(reading, writing, [], left)):
        raise TimeoutError
