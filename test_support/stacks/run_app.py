"""Whole stacks that ``./run_app.sh`` starts on free ports."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import httpx
import psutil
from redis import Redis

from local_stack.credentials import load_or_create_credentials
from local_stack.ports import Ports, ports_of
from local_stack.service_environment import service_environment
from test_support.network.ports import free_stack_port
from test_support.paths import ROOT
from test_support.waiting import until

_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
_FORKED = "multiprocessing.forkserver"
_MARKS = {"web": "gunicorn", "ingestion": "ingestion_service", "forecast": "-m forecast_service", "worker": _FORKED}
"""A part of the command line of each kind of process."""
KINDS = tuple(_MARKS)
UNLIMITED = {"RATE_LIMIT_PER_CLIENT": "100000000/minute", "RATE_LIMIT": "100000000/minute"}
"""Settings of a stack that accepts every request."""
READY_WITHIN_S, STOPPED_WITHIN_S = 300.0, 100.0


class StackNotReady(Exception):
    """The stack did not start, or did not stop with status 0."""


@dataclass(frozen=True)
class RunningStack:
    """A running stack: its port, the process of ``./run_app.sh``, its settings, and the seconds until it was ready."""

    port: int
    pid: int
    settings: dict[str, str]
    ready_after_s: float

    @property
    def url(self) -> str:
        """The URL of its web server."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ports(self) -> Ports:
        """The ports of its programs."""
        return ports_of(self.port)

    @property
    def logs(self) -> Path:
        """The folder of its logs."""
        return ROOT / ".data" / str(self.port) / "logs"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its services."""
        credentials = load_or_create_credentials(ROOT / ".data")
        return service_environment(self.ports, "stockcast", os.environ | self.settings, credentials)

    @cached_property
    def redis(self) -> Redis:
        """Its Redis."""
        return Redis.from_url(self.environment["REDIS_URL"])

    def client(self) -> httpx.Client:
        """Return a client of its web server."""
        return httpx.Client(base_url=self.url, trust_env=False, timeout=60)

    def memory_mb(self) -> dict[str, list[float]]:
        """Return each process's resident memory in MB by kind, without gunicorn's master and the fork server."""
        return {kind: [one.memory_info().rss / 1e6 for one in found] for kind, found in self.processes().items()}

    def processes(self) -> dict[str, list[psutil.Process]]:
        """Return the processes of each kind, without gunicorn's master and the fork server."""
        processes = psutil.Process(self.pid).children(recursive=True)
        found: dict[str, list[psutil.Process]] = {kind: [] for kind in KINDS}
        for process in (one for one in processes if one.status() != psutil.STATUS_ZOMBIE):
            command = " ".join(process.cmdline())
            for kind, mark in _MARKS.items():
                if mark in command and (kind not in {"web", "worker"} or mark in " ".join(_parent_command(process))):
                    found[kind].append(process)
        return found

    def metric(self, port: int, name: str, **labels: str) -> float:
        """Return the sum of a metric's samples with these labels, from the ``/metrics`` of a port."""
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False, timeout=60).text
        lines = re.findall(rf"^{name}(?:{{(.*)}})? (\S+)$", text, re.MULTILINE)
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        return sum(float(value) for found, value in lines if all(label in found for label in wanted))


def _parent_command(process: psutil.Process) -> list[str]:
    parent = process.parent()
    return parent.cmdline() if parent else []


@contextmanager
def running_stack(settings: dict[str, str]) -> Iterator[RunningStack]:
    """Start ``./run_app.sh`` with these settings on a free port; stop it at the end and delete its data.

    Raises:
        StackNotReady: the stack did not get ready in time, or did not end with status 0.
    """
    port = free_stack_port()
    environment = clean_environment() | {"SCHEDULE": "off"} | settings | {"PORT": str(port)}
    began = time.perf_counter()
    command = [str(ROOT / "run_app.sh")]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, start_new_session=True) as process:
        try:
            output = _Output(process.stdout)
            until(lambda: output.is_ready or output.has_ended, READY_WITHIN_S, "the stack did not get ready")
            if not output.is_ready:
                raise StackNotReady("the stack ended before it was ready; see its error output")
            yield RunningStack(port, process.pid, settings, output.ready_at - began)
            _stop(process)
        finally:
            _kill_session(process)
            shutil.rmtree(ROOT / ".data" / str(port), ignore_errors=True)


class _Output:
    """Reads the stack's output to its end, so that the stack never blocks on a full pipe."""

    def __init__(self, lines: Iterable[bytes] | None) -> None:
        self.is_ready = self.has_ended = False
        self.ready_at = 0.0
        threading.Thread(target=self._read, args=[lines or ()], daemon=True).start()

    def _read(self, lines: Iterable[bytes]) -> None:
        for line in lines:
            if line.startswith(b"ready http"):
                self.ready_at, self.is_ready = time.perf_counter(), True
        self.has_ended = True


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    if status := process.wait(STOPPED_WITHIN_S):
        raise StackNotReady(f"the stack ended with status {status}")


def _kill_session(process: subprocess.Popen[bytes]) -> None:
    """Kill every process of a stack that did not stop."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def clean_environment() -> dict[str, str]:
    """Return this environment without the variable that keeps Python from caching compiled modules."""
    return {name: value for name, value in os.environ.items() if name != _NO_BYTECODE}
