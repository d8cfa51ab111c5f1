from __future__ import annotations

import os
from pathlib import Path

import pytest

from local_stack.redis_binary import NoRedis, find_redis


def test_the_redis_of_the_machine_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = tmp_path / "redis-server"
    binary.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert find_redis() == binary


def test_a_missing_redis_is_an_error_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(NoRedis, match=r"apt install redis-server.*brew install redis"):
        find_redis()
