from __future__ import annotations

from pathlib import Path

import pytest

from local_stack.processes.usage_lock import UsageLock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "usage"


def test_shared_locks_exclude_an_exclusive_one(path: Path) -> None:
    owner, one, another = UsageLock(path), UsageLock(path), UsageLock(path)
    assert one.acquire_shared()
    assert another.acquire_shared()
    one.close()
    assert not owner.acquire_exclusive()
    another.close()
    assert owner.acquire_exclusive()
    owner.close()


def test_an_exclusive_lock_excludes_shared_ones(path: Path) -> None:
    owner, guest = UsageLock(path), UsageLock(path)
    assert owner.acquire_exclusive()
    assert not guest.acquire_shared()
    owner.release()
    assert guest.acquire_shared()
    guest.close()
    owner.close()
