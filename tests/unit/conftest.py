"""Unit tests open no socket."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import NoReturn

import pytest

from common.runtime.metrics import SOURCE_BUDGET_LEFT


@pytest.fixture(autouse=True)
def _no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        pytest.fail("a unit test may open no socket; this one belongs to tests/integration", pytrace=True)

    # The constructor stays: asyncio makes a pair of sockets that stay in the process.
    for name in ("bind", "connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)


@pytest.fixture(autouse=True)
def _no_gauges_that_read_redis() -> Iterator[None]:
    """Remove the budget gauges of a composed ingestion service, which would connect to Redis when they are read."""
    yield
    SOURCE_BUDGET_LEFT.clear()
