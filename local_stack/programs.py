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

    supervisord stops the program by ``stop_signal``, and kills it after ``stop_seconds``. The kernel sends the same
    signal when supervisord dies.
    """

    name: str
    command: tuple[str, ...]
    stop_seconds: int
    environment: Mapping[str, str]
    stop_signal: str = "TERM"


def data_folder(ports: Ports) -> Path:
    """Return the folder of a stack's data, relative to :data:`ROOT`."""
    return Path(".data") / str(ports.web)


def stack_programs(
    ports: Ports, bucket: str, redis: Path, prometheus: Path | None = None, *, with_schedule: bool = True
) -> list[Program]:
    """Return the programs in the order of their start. Prometheus is included if its binary is given."""
    python, data = (sys.executable, "-m"), data_folder(ports)
    programs = [
        Program("redis", _redis_command(redis, ports.redis, data), 2, {}),
        # After SIGTERM, SeaweedFS needs half a minute to end. SIGKILL loses nothing: what it acknowledged is on disk.
        Program("object_store", (*python, *_object_store_command(ports, bucket, data / "s3")), 1, {}, "KILL"),
        Program("forecast", (*python, "forecast_service"), 3, _listen_settings(ports.forecast, ports.forecast_health)),
        Program(
            "ingestion", (*python, "ingestion_service"), 3, _listen_settings(ports.ingestion, ports.ingestion_health)
        ),
        Program(
            "web",
            (*python, "gunicorn", "-c", "webserver/gunicorn.conf.py", "webserver.app:create_app()"),
            3,
            {"GUNICORN_CMD_ARGS": "--graceful-timeout 2 --no-control-socket"},
        ),
    ]
    if with_schedule:
        programs.append(Program("schedule", (*python, *_schedule_command(ports, data)), 3, {}))
    if prometheus is not None:
        programs.append(Program("prometheus", prometheus_command(prometheus, ports, data / "prometheus"), 3, {}))
    return programs


def _object_store_command(ports: Ports, bucket: str, folder: Path) -> tuple[str, ...]:
    listening = ("--port", str(ports.object_store), "--inner-ports", *map(str, ports.object_store_inner))
    return ("local_stack.s3.object_store", *listening, "--bucket", bucket, "--folder", str(folder))


def _schedule_command(ports: Ports, data: Path) -> tuple[str, ...]:
    health = f"127.0.0.1:{ports.schedule_health}"
    return ("local_stack.schedule", str(ports.web), health, str(data / "schedule.json"))


def redis_secrets(password: str) -> str:
    """Return the secret part of Redis's configuration. It is kept off the command line, which other users can read."""
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


def _listen_settings(port: int, health: int) -> dict[str, str]:
    return {"LISTEN_ADDRESS": f"127.0.0.1:{port}", "HEALTH_ADDRESS": f"127.0.0.1:{health}"}
