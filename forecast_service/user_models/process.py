"""The process of one user's model, as the worker sees it: requests with a time limit, and a certain end."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast_service.engine.evaluation.backtest import Origins
from forecast_service.evaluations.failures import TOO_SLOW, ModelFailure
from forecast_service.evaluations.past import FloatArray, Past
from forecast_service.user_models.pipes import LARGEST_ANSWER, AnswerTooLong, ModelPipes

LONGEST_NAME = 100
"""Characters of an exception's name that are shown."""
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
"""The variables of the environment that the model gets. The others hold addresses and keys."""


@dataclass(frozen=True)
class TimeLimits:
    """The longest times that a user's model may take, in seconds.

    Args:
        all_s: that of all forecasts.
        first_s: that of the first forecast, with the start of the process and the imports of the model.
        each_s: that of every other forecast.
    """

    all_s: float
    first_s: float = 30.0
    each_s: float = 10.0


def user_model_curves(name: str, past: Past, origins: Origins, limits: TimeLimits) -> Iterator[FloatArray]:
    """Yield the curves of a user's model. Its process is killed at the end, and beyond a time limit.

    Args:
        name: the name of the model.
        past: the whole history; the process gets the past at each origin alone.
        origins: the origins.
        limits: the time limits.

    Raises:
        ModelFailure: the model raised, was too slow, ended its process, or returned too long an answer.
    """
    if limits.all_s <= 0:
        detail = f"{name} has no scores: the other models of the evaluation left no time for it."
        raise ModelFailure(TOO_SLOW, f"{detail} Ask for fewer models or origins.")
    ends_at = time.monotonic() + limits.all_s
    process = _UserModel(name)
    try:
        for number, row in enumerate(origins.rows):
            place = f"at origin {number + 1} of {len(origins.rows)}"
            limit = limits.each_s if number else limits.first_s
            left = ends_at - time.monotonic()
            too_slow = f"it took longer than {limit:.3g} seconds. Leave it out, or make it faster."
            if left < limit:
                too_slow = (
                    f"all its forecasts had taken {limits.all_s:.3g} seconds, its part of the time for the models of "
                    "this server. Make it faster, or ask for fewer origins or models."
                )
            yield process.forecast(past.until(int(row)), origins.horizon, _Allowed(min(limit, left), place, too_slow))
    finally:
        process.kill()


@dataclass(frozen=True)
class _Allowed:
    """The seconds that one forecast may take, its origin in words, and what to say beyond the limit."""

    seconds: float
    place: str
    excess: str


class _UserModel:
    """The process of a model, the leader of a session of its own."""

    def __init__(self, name: str) -> None:
        self._name = name
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        self._process = subprocess.Popen(  # noqa: S603 - this project's own module
            [sys.executable, "-u", "-m", "forecast_service.user_models.child", name, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            start_new_session=True,
            bufsize=0,
        )
        self._pipes = ModelPipes(name, self._process)

    def forecast(self, past: Past, horizon: int, allowed: _Allowed) -> FloatArray:
        """Return the quantiles that the model returns.

        Args:
            past: the past at an origin.
            horizon: trading days ahead.
            allowed: the time that it may take.

        Raises:
            ModelFailure: the model raised, was too slow, ended its process, or returned too long an answer.
        """
        ends_at, place = time.monotonic() + allowed.seconds, allowed.place
        try:
            self._pipes.send(pickle.dumps((past, horizon)), ends_at)
            answer: dict[str, Any] = json.loads(self._pipes.receive(ends_at))
        except TimeoutError:
            raise self._failure(TOO_SLOW, place, allowed.excess) from None
        except AnswerTooLong:
            text = (
                f"it returned more than {LARGEST_ANSWER} bytes instead of the quantiles. Leave it out, or correct it."
            )
            raise self._failure("model_invalid", place, text) from None
        except (BrokenPipeError, EOFError):
            self.kill()
            text = f"its process ended with status {self._process.returncode}. Leave it out, or correct it."
            raise self._failure("model_exited", place, text) from None
        finally:
            self._pipes.log_printed()
        if "raised" in answer:
            raised = str(answer["raised"])[:LONGEST_NAME]
            text = f"it raised {raised}. Leave it out, or correct it; the log has the details."
            raise self._failure("model_failed", place, text)
        return np.array(answer["curve"], dtype=np.float64)

    def kill(self) -> None:
        """End the process and all processes of its session."""
        # Until it is waited for, its id is not given to another process, even if it has ended before its children.
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._pipes.log_printed()
        self._pipes.close()

    def _failure(self, code: str, place: str, text: str) -> ModelFailure:
        return ModelFailure(code, f"{self._name} has no scores: {place}, {text}")
