"""Who may have the stack of a port: told by a lock and a door, without anything being started."""

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
    """Where the stack keeps its lock and its door."""
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "is_stockcast", lambda _: False)
    made = tmp_path / ".data" / str(PORT)
    made.mkdir(parents=True)
    return made


@pytest.fixture
def stack(folder: Path) -> Stack:
    return Stack(ports_of(PORT), {}, Interrupts(), ProgressLine(io.StringIO()))


def test_a_guest_that_never_leaves_is_no_reason_to_wait_for_ever(
    stack: Stack, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_GUESTS_SECONDS", 0.0)
    guest = UsageLock(folder / "door")
    assert guest.enter()
    with (
        pytest.raises(StackTaken, match=r"has not ended: end it, or choose another: PORT=\d+ ./run_app.sh"),
        stack.running(),
    ):
        pytest.fail("it started behind the guest's back")
    guest.close()


def test_who_waits_for_a_start_stands_in_nobodys_way(
    stack: Stack, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, lock = UsageLock(folder / "door"), claim(folder / "lock")
    could_shut = []

    def look(_port: int) -> bool:
        could_shut.append(owner.shut())
        owner.open()
        return False

    monkeypatch.setattr(module, "is_stockcast", look)
    monkeypatch.setattr(module, "READY_SECONDS", 0.0)
    monkeypatch.setattr(module, "STOP_SECONDS", 0.0)
    with pytest.raises(StackTaken, match="just starting or stopping"), stack.usable():
        pytest.fail("there is no stack to ask")
    assert could_shut
    assert all(could_shut)
    os.close(lock)
    owner.close()
