"""AutoETS in its own environment, because its packages are too many for the project's."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy.typing as npt

from test_support.paths import ROOT

ENVIRONMENT = ROOT / ".venv-bench"


@contextmanager
def autoets_fits(values: npt.NDArray[Any]) -> Iterator[Callable[[], object]]:
    """Start the process of AutoETS. Yield a function that fits it to ``values`` once."""
    bootstrap = [sys.executable, "-I", str(ROOT / "cli" / "setup" / "bootstrap.py")]
    subprocess.run([*bootstrap, str(ENVIRONMENT), str(ROOT / "requirements-bench.txt")], check=True)
    command = [str(ENVIRONMENT / "bin" / "python"), str(ROOT / "benchmarks" / "yardsticks" / "autoets.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None  # noqa: S101 - a pipe was asked for
        assert process.stdout is not None  # noqa: S101
        requests, answers = process.stdin, process.stdout
        print(json.dumps(values.tolist()), file=requests, flush=True)

        def fit() -> None:
            print("fit", file=requests, flush=True)
            answers.readline()

        yield fit
        requests.close()
