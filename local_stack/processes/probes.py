"""Probes of ports and health checks on this machine. This module imports the standard library only."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

LOOPBACK = "127.0.0.1"
_SHORT_TIMEOUT_S = 3.0
_LONG_TIMEOUT_S = 10.0
"""For the status command: a busy machine may need seconds to answer."""


@dataclass(frozen=True)
class _Answer:
    status: int
    body: bytes


def is_listening(port: int) -> bool:
    """Return whether a server accepts connections on ``port``."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def is_free(port: int) -> bool:
    """Return whether a server could listen on ``port``.

    On some systems two programs can bind one port by different addresses, so a connection is tried too.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return not is_listening(port)


def is_ready(port: int) -> bool:
    """Return whether ``/readyz`` on ``port`` answers with 200."""
    return _problem(_readyz(port, _SHORT_TIMEOUT_S)) is None


def readiness_problem(port: int) -> str | None:
    """Return the problems that ``/readyz`` on ``port`` reports, as text for a person, or None."""
    return _problem(_readyz(port, _LONG_TIMEOUT_S))


def _problem(answer: _Answer | None) -> str | None:
    if answer is None:
        return "does not answer"
    if answer.status == 200:
        return None
    try:
        problems = json.loads(answer.body)["problems"]
        return "not ready: " + " ".join(f"{name}: {detail}" for name, detail in problems.items())
    except (ValueError, LookupError, TypeError, AttributeError):
        return f"not ready: HTTP {answer.status}"


def is_stockcast(port: int) -> bool:
    """Return whether the web server of a Stockcast stack answers on ``port``, ready or not."""
    answer = _readyz(port, _SHORT_TIMEOUT_S)
    try:
        document = None if answer is None else json.loads(answer.body)
    except ValueError:
        return False
    return isinstance(document, dict) and document.get("service") == "webserver"


def _readyz(port: int, timeout_s: float) -> _Answer | None:
    connection = HTTPConnection(LOOPBACK, port, timeout=timeout_s)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        return _Answer(response.status, response.read())
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
