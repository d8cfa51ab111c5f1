from __future__ import annotations

from pathlib import Path

import pytest

from local_stack.processes.usage_lock import UsageLock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "door"


def test_guests_come_in_together_and_the_owner_cannot_shut_it_under_them(path: Path) -> None:
    owner, one, another = UsageLock(path), UsageLock(path), UsageLock(path)
    assert one.enter()
    assert another.enter()
    one.close()
    assert not owner.shut()
    another.close()
    assert owner.shut()
    owner.close()


def test_nobody_comes_in_while_it_is_shut(path: Path) -> None:
    owner, guest = UsageLock(path), UsageLock(path)
    assert owner.shut()
    assert not guest.enter()
    owner.open()
    assert guest.enter()
    guest.close()
    owner.close()
