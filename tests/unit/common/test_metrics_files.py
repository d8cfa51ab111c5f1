"""The files in which a web process keeps its metrics."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from common.runtime.metrics import reserve_disk_space


def test_a_full_disk_leaves_no_incomplete_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One would make the metrics of all processes unreadable."""

    def write_until_full(path: Path, content: bytes) -> int:
        path.touch()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    monkeypatch.setattr(Path, "write_bytes", write_until_full)
    reserve_disk_space()
    assert list(tmp_path.iterdir()) == []
