"""The address of the server."""

from __future__ import annotations

from urllib.parse import urlsplit

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def is_loopback(url: str) -> bool:
    """Return whether an address is on this machine, where no proxy can reach it."""
    try:
        return urlsplit(url).hostname in _LOOPBACK
    except ValueError:
        return False
