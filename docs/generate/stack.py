"""Starts a stack on the bundled sample prices, in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


class StackFailed(Exception):
    """The stack ended before it was ready."""


@contextmanager
def sample_stack(port: int) -> Iterator[str]:
    """Run a stack on ``port``, whose data folder must not exist yet; yield its URL."""
    environment = os.environ | {"PORT": str(port), "PROVIDERS": "sample"}
    command = [sys.executable, "-m", "cli"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as app:  # noqa: S603
        assert app.stdout is not None  # noqa: S101
        try:
            line = next((line for line in app.stdout if line.startswith("ready ")), None)
            if line is None:
                raise StackFailed
            yield line.split()[1]
        finally:
            app.terminate()
            app.wait()
