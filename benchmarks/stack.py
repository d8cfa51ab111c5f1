"""A stack of its own for a benchmark, started as a person would, on free ports."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import httpx
import psutil
from redis import Redis

from local_stack.credentials import store_credentials
from local_stack.ports import Ports, ports_of
from local_stack.service_environment import service_environment

ROOT = Path(__file__).resolve().parent.parent
_UNCACHED = "PYTHONDONTWRITEBYTECODE"
_FORKED = "multiprocessing.forkserver"
_MARKS = {"web": "gunicorn", "ingestion": "ingestion_service", "forecast": "-m forecast_service", "worker": _FORKED}
"""What stands in the command lines of the processes that are of one kind."""
KINDS = tuple(_MARKS)


@dataclass(frozen=True)
class RunningStack:
    """Where a stack answers, its topmost process, what its services were told, and how soon they were ready."""

    port: int
    pid: int
    settings: dict[str, str]
    ready_after_s: float

    @property
    def url(self) -> str:
        """The address of its web server."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ports(self) -> Ports:
        """Where its parts listen."""
        return ports_of(self.port)

    @property
    def logs(self) -> Path:
        """The folder of its logs."""
        return ROOT / ".data" / str(self.port) / "logs"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its services."""
        credentials = store_credentials(ROOT / ".data")
        return service_environment(self.ports, "stockcast", os.environ | self.settings, credentials)

    @cached_property
    def redis(self) -> Redis:
        """Its Redis."""
        return Redis.from_url(self.environment["REDIS_URL"])

    def client(self) -> httpx.Client:
        """A client of its web server."""
        return httpx.Client(base_url=self.url, trust_env=False, timeout=60)

    def memory_mb(self) -> dict[str, list[float]]:
        """The resident memory in MB of the processes of each kind; not of gunicorn's master and the workers' parent."""
        processes = psutil.Process(self.pid).children(recursive=True)
        found: dict[str, list[float]] = {kind: [] for kind in KINDS}
        for process in processes:
            command = " ".join(process.cmdline())
            for kind, mark in _MARKS.items():
                if mark in command and (kind not in {"web", "worker"} or mark in " ".join(_parent_command(process))):
                    found[kind].append(process.memory_info().rss / 1e6)
        return found

    def measure(self, port: int, name: str, **labels: str) -> float:
        """What a service says of itself at ``/metrics``: the sum of a measure's lines that have the labels."""
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
        lines = re.findall(rf"^{name}(?:{{(.*)}})? (\S+)$", text, re.MULTILINE)
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        return sum(float(value) for said, value in lines if all(label in said for label in wanted))


def _parent_command(process: psutil.Process) -> list[str]:
    parent = process.parent()
    return parent.cmdline() if parent else []


@contextmanager
def running_stack(settings: dict[str, str]) -> Iterator[RunningStack]:
    """Start ``./run_app.sh`` with settings of its own and stop it at the end; nothing of it is kept."""
    port = free_port()
    environment = clean_environment() | settings | {"PORT": str(port)}
    began = time.perf_counter()
    command = [str(ROOT / "run_app.sh")]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        try:
            if process.stdout.readline().split()[:1] != ["ready"]:
                raise SystemExit("the stack did not start")
            yield RunningStack(port, process.pid, settings, time.perf_counter() - began)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
            shutil.rmtree(ROOT / ".data" / str(port), ignore_errors=True)


def clean_environment() -> dict[str, str]:
    """The environment, in which Python may keep what it compiled, as it does for whoever starts the stack twice."""
    return {name: value for name, value in os.environ.items() if name != _UNCACHED}


def free_port() -> int:
    """A port on which nothing listens."""
    for port in random.sample(range(20_000, 30_000), 100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise SystemExit("no free port was found")
