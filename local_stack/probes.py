"""Looks at ports and health checks of this machine."""

from __future__ import annotations

import socket

import httpx

LOOPBACK = "127.0.0.1"
_GLANCE_S = 3.0
_PATIENCE_S = 10.0
"""A busy machine takes seconds over an answer: who is told that there is none should be able to believe it."""


def is_listening(port: int) -> bool:
    """Whether something takes connections on ``port``."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def is_free(port: int) -> bool:
    """Whether a server could listen on ``port``.

    A connection is tried as well, because some systems let two programs bind one port by different addresses.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return not is_listening(port)


def is_ready(port: int) -> bool:
    """Whether ``/readyz`` on ``port`` says that all is well."""
    return _problem(_readyz(port, _GLANCE_S)) is None


def readiness(port: int) -> str | None:
    """Return what ``/readyz`` on ``port`` finds wrong, in words; None where all is well."""
    return _problem(_readyz(port, _PATIENCE_S))


def _problem(response: httpx.Response | None) -> str | None:
    if response is None:
        return "does not answer"
    if response.status_code == 200:
        return None
    try:
        problems = response.json()["problems"]
        return "not ready: " + " ".join(f"{name}: {detail}" for name, detail in problems.items())
    except (ValueError, LookupError, TypeError, AttributeError):
        return f"not ready: HTTP {response.status_code}"


def is_stockcast(port: int) -> bool:
    """Whether the web server of a Stockcast stack answers on ``port``, ready or not."""
    response = _readyz(port, _GLANCE_S)
    try:
        body = None if response is None else response.json()
    except ValueError:
        return False
    return isinstance(body, dict) and body.get("service") == "webserver"


def _readyz(port: int, timeout_s: float) -> httpx.Response | None:
    try:
        # No proxy leads to this machine itself.
        return httpx.get(f"http://{LOOPBACK}:{port}/readyz", timeout=timeout_s, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL):
        return None
