"""A stack of its own for a benchmark, started as a person would, on free ports."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class RunningStack:
    """Where a stack answers, and its topmost process."""

    url: str
    pid: int

    def memory_mb(self, marks: tuple[str, ...]) -> list[float]:
        """The resident memory in MB of each process whose command line has all the marks."""
        processes = psutil.Process(self.pid).children(recursive=True)
        return [
            process.memory_info().rss / 1e6
            for process in processes
            if all(mark in " ".join(process.cmdline()) for mark in marks)
        ]


@contextmanager
def running_stack() -> Iterator[RunningStack]:
    """Start ``./run_app.sh`` on the sample prices and stop it at the end; nothing of it is kept."""
    port = _free_port()
    environment = os.environ | {"PORT": str(port), "PROVIDERS": "sample"}
    command = [str(ROOT / "run_app.sh")]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        try:
            line = process.stdout.readline().split()
            if line[:1] != ["ready"]:
                raise SystemExit("the stack did not start")
            yield RunningStack(line[1], process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
            shutil.rmtree(ROOT / ".data" / str(port), ignore_errors=True)


def _free_port() -> int:
    for port in random.sample(range(20_000, 30_000), 100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise SystemExit("no free port was found")
