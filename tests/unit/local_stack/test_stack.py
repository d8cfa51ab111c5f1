"""Two locks determine which command owns the stack of a port. These tests start no program."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from cli.output.terminal import ProgressLine
from local_stack import stack as module
from local_stack.ports import ports_of
from local_stack.processes.interrupts import Interrupts
from local_stack.processes.pid_files import claim
from local_stack.processes.usage_lock import UsageLock
from local_stack.stack import Stack, StackTaken

PORT = 5000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the stack's locks."""
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "is_stockcast", lambda _: False)
    made = tmp_path / ".data" / str(PORT)
    made.mkdir(parents=True)
    return made


@pytest.fixture
def stack(folder: Path) -> Stack:
    return Stack(ports_of(PORT), {}, Interrupts(), ProgressLine(io.StringIO()))


def test_a_start_waits_for_an_earlier_command_for_a_limited_time(
    stack: Stack, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_USERS_SECONDS", 0.0)
    guest = UsageLock(folder / "door")
    assert guest.acquire_shared()
    with (
        pytest.raises(StackTaken, match=r"has not ended; end it, or choose another: PORT=\d+ ./run_app.sh"),
        stack.running(),
    ):
        pytest.fail("the stack started while a command used it")
    guest.close()


def test_a_command_that_waits_for_a_start_takes_no_lock(
    stack: Stack, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, lock = UsageLock(folder / "door"), claim(folder / "lock")
    could_lock = []

    def look(_port: int) -> bool:
        could_lock.append(owner.acquire_exclusive())
        owner.release()
        return False

    monkeypatch.setattr(module, "is_stockcast", look)
    monkeypatch.setattr(module, "READY_SECONDS", 0.0)
    monkeypatch.setattr(module, "STOP_SECONDS", 0.0)
    with pytest.raises(StackTaken, match="is starting or stopping"), stack.use():
        pytest.fail("no stack runs")
    assert could_lock
    assert all(could_lock)
    os.close(lock)
    owner.close()
