"""Yardsticks in an environment of their own, because their packages are too many for the project's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from test_support.paths import ROOT

ENVIRONMENT = ROOT / ".venv-bench"


@contextmanager
def yardstick(script: str, values: object) -> Iterator[Callable[[], str]]:
    """Start the process of a yardstick. Yield a function that lets it do its work once.

    Args:
        script: the name of the script beside this module. It reads ``values`` as JSON from the first line, works once
            for each further line, and prints a line after each time, which the function returns.
        values: the input.
    """
    bootstrap = [sys.executable, "-I", str(ROOT / "cli" / "setup" / "bootstrap.py")]
    subprocess.run([*bootstrap, str(ENVIRONMENT), str(ROOT / "requirements-bench.txt")], check=True)
    command = [str(ENVIRONMENT / "bin" / "python"), str(ROOT / "benchmarks" / "yardsticks" / script)]
    environment = os.environ | {"NUMBA_NUM_THREADS": "1"}  # on one core, as ours
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdin is not None  # noqa: S101 - a pipe was asked for
        assert process.stdout is not None  # noqa: S101
        requests, answers = process.stdin, process.stdout
        print(json.dumps(values), file=requests, flush=True)

        def work() -> str:
            print("work", file=requests, flush=True)
            return answers.readline()

        yield work
        requests.close()
