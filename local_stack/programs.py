"""The programs of a local stack: their commands, their settings, and where they keep their data."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local_stack.leash import HOLDER
from local_stack.ports import Ports
from local_stack.prometheus import prometheus_command

ROOT = Path(__file__).resolve().parent.parent
STORES = ("redis", "object_store")


@dataclass(frozen=True)
class Program:
    """One program under supervision; ``stop_seconds`` is how long it may take to end before it is killed."""

    name: str
    command: tuple[str, ...]
    stop_seconds: int
    environment: Mapping[str, str]


def data_folder(ports: Ports) -> Path:
    """Return where a stack keeps its data, relative to :data:`ROOT`."""
    return Path(".data") / str(ports.web)


def programs(ports: Ports, bucket: str, redis: Path, prometheus: Path | None = None) -> list[Program]:
    """Return what is to be started, in this order; Prometheus where its program is given."""
    python, data = (sys.executable, "-m"), data_folder(ports)
    store = ("local_stack.object_store", "--port", str(ports.object_store))
    started = [
        Program("redis", _redis_command(redis, ports.redis, data / "redis"), 2, {}),
        Program("object_store", (*python, *store, "--bucket", bucket, "--folder", str(data / "s3")), 1, {}),
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


def _redis_command(binary: Path, port: int, folder: Path) -> tuple[str, ...]:
    options = {
        "port": str(port),
        "bind": "127.0.0.1",
        "dir": str(folder),
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    return str(binary), *(part for name, value in options.items() for part in (f"--{name}", value))


def _listening(port: int, health: int) -> dict[str, str]:
    return {"LISTEN_ADDRESS": f"127.0.0.1:{port}", "HEALTH_ADDRESS": f"127.0.0.1:{health}"}


def service_environment(ports: Ports, bucket: str, caller: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the services: the caller's, but with the local stack's own addresses.

    Where the caller points Redis or S3 elsewhere, that is overruled: a stack on one machine always uses its own stores.
    """
    local = {
        "PORT": str(ports.web),
        "REDIS_URL": f"redis://127.0.0.1:{ports.redis}/0",
        "S3_BUCKET": bucket,
        "INGESTION_ADDRESS": f"127.0.0.1:{ports.ingestion}",
        "FORECAST_ADDRESS": f"127.0.0.1:{ports.forecast}",
        "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{ports.object_store}",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
        # The stores are on this machine, whatever proxy leads out of it.
        "NO_PROXY": _with_loopback(caller.get("NO_PROXY", "")),
        "no_proxy": _with_loopback(caller.get("no_proxy", "")),
        HOLDER: str(os.getpid()),
    }
    foreign = {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "LISTEN_ADDRESS", "HEALTH_ADDRESS"}
    return {name: value for name, value in caller.items() if name not in foreign} | local


def _with_loopback(no_proxy: str) -> str:
    return ",".join(part for part in (no_proxy, "127.0.0.1", "localhost") if part)
