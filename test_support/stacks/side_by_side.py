"""The services of another version, beside those of a stack and on its stores, as in a rolling upgrade."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local_stack.processes.probes import is_ready
from test_support.network.ports import free_port
from test_support.stacks.service_processes import READY_WITHIN_S, Part, Parts
from test_support.waiting import until


@dataclass(frozen=True)
class OtherVersion:
    """The services of the other version, and their ports; ``readiness`` are those of their probes."""

    forecast: Part
    ingestion: Part
    web: Part
    forecast_port: int
    ingestion_port: int
    url: str
    readiness: tuple[int, ...]


@contextlib.contextmanager
def services_of(tree: Path, parts: Parts) -> Iterator[OtherVersion]:
    """Run the services of a source tree on the stores of a stack."""
    forecast, forecast_health, ingestion, ingestion_health, web = (free_port() for _ in range(5))
    other = OtherVersion(
        _addressed(parts.forecast, forecast, forecast_health),
        _addressed(parts.ingestion, ingestion, ingestion_health),
        parts.web.copy_with(PORT=str(web)),
        forecast,
        ingestion,
        f"http://127.0.0.1:{web}",
        (forecast_health, ingestion_health, web),
    )
    services = (other.forecast, other.ingestion, other.web)
    try:
        for part in services:
            part.root = tree
            part.start()
        wait_until_ready(*other.readiness)
        yield other
    finally:
        for part in services:
            if part.is_running:
                part.terminate()


def wait_until_ready(*ports: int) -> None:
    """Wait until the services whose probes are answered at these ports are ready."""
    until(lambda: all(map(is_ready, ports)), READY_WITHIN_S, "a service did not get ready")


def _addressed(part: Part, port: int, health: int) -> Part:
    return part.copy_with(LISTEN_ADDRESS=f"127.0.0.1:{port}", HEALTH_ADDRESS=f"127.0.0.1:{health}")
