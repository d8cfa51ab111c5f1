"""The programs of a local stack: their commands and their data."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local_stack.ports import Ports
from local_stack.prometheus import prometheus_command

ROOT = Path(__file__).resolve().parent.parent
STORES = ("redis", "object_store")
REDIS_SECRETS = "redis.conf"
"""The file of :func:`redis_secrets` in a stack's folder."""


@dataclass(frozen=True)
class Program:
    """One program under supervision.

    ``stop_signal`` asks it to end, and the kernel sends it when supervisord dies. A program that has not ended after
    ``stop_seconds`` is killed.
    """

    name: str
    command: tuple[str, ...]
    stop_seconds: int
    environment: Mapping[str, str]
    stop_signal: str = "TERM"


def data_folder(ports: Ports) -> Path:
    """Return the folder of a stack's data, relative to :data:`ROOT`."""
    return Path(".data") / str(ports.web)


def programs(ports: Ports, bucket: str, redis: Path, prometheus: Path | None = None) -> list[Program]:
    """Return the programs in the order of their start; Prometheus is one of them where its binary is given."""
    python, data = (sys.executable, "-m"), data_folder(ports)
    started = [
        Program("redis", _redis_command(redis, ports.redis, data), 2, {}),
        # On SIGTERM, SeaweedFS refuses requests for half a minute before it ends. What it answered is on disk anyway.
        Program("object_store", (*python, *_object_store(ports, bucket, data / "s3")), 1, {}, "KILL"),
        Program("forecast", (*python, "forecast_service"), 3, _listening(ports.forecast, ports.forecast_health)),
        Program("ingestion", (*python, "ingestion_service"), 3, _listening(ports.ingestion, ports.ingestion_health)),
        Program(
            "web",
            (*python, "gunicorn", "-c", "webserver/gunicorn.conf.py", "webserver.app:create_app()"),
            3,
            {"GUNICORN_CMD_ARGS": "--graceful-timeout 2 --no-control-socket"},
        ),
    ]
    if prometheus is not None:
        started.append(Program("prometheus", prometheus_command(prometheus, ports, data / "prometheus"), 3, {}))
    return started


def _object_store(ports: Ports, bucket: str, folder: Path) -> tuple[str, ...]:
    listening = ("--port", str(ports.object_store), "--inner-ports", *map(str, ports.object_store_inner))
    return ("local_stack.s3.object_store", *listening, "--bucket", bucket, "--folder", str(folder))


def redis_secrets(password: str) -> str:
    """Return the part of Redis's configuration that other users must not read; they can read a command line."""
    return f"requirepass {password}\n"


def _redis_command(binary: Path, port: int, data: Path) -> tuple[str, ...]:
    options = {
        "port": str(port),
        "bind": "127.0.0.1",
        "dir": str(data / "redis"),
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    return (
        str(binary),
        str(data / REDIS_SECRETS),
        *(part for name, value in options.items() for part in (f"--{name}", value)),
    )


def _listening(port: int, health: int) -> dict[str, str]:
    return {"LISTEN_ADDRESS": f"127.0.0.1:{port}", "HEALTH_ADDRESS": f"127.0.0.1:{health}"}
