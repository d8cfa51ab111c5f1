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

    # Not the constructor: asyncio makes itself a pair of sockets that never leave the process.
    for name in ("bind", "connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)


@pytest.fixture(autouse=True)
def _no_gauges_that_read_redis() -> Iterator[None]:
    """Take away the budgets that a composed ingestion service shows: reading the metrics later would connect."""
    yield
    SOURCE_BUDGET_LEFT.clear()
