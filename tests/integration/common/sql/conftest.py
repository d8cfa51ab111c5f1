"""Fixtures of the tests of the SQL store."""

from __future__ import annotations

import pytest

from common.runtime.log_limits import LogLimit
from common.sql import failures


@pytest.fixture(autouse=True)
def _every_line_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what an earlier test logged, for the limit on repeated lines."""
    monkeypatch.setattr(failures, "_log_limit", LogLimit(failures._log))
