"""The environment of a worker, for a benchmark that runs the engine in its own process."""

from __future__ import annotations

import os
import sys

from forecast_service.workers.environment import ENGINE_ENVIRONMENT


def restart_in_worker_environment() -> None:
    """Replace this process by the same command in a worker's environment, unless it has that environment."""
    if not ENGINE_ENVIRONMENT.items() <= os.environ.items():
        os.execve(sys.executable, sys.orig_argv, os.environ | ENGINE_ENVIRONMENT)  # noqa: S606 - no shell is wanted
