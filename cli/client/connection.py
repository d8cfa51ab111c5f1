"""The connection to a running stack's HTTP API, and the failures of its answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from common.domain.errors import Forbidden, Unauthenticated
from common.runtime.version import USER_AGENT

AUTHENTICATION_HINT = "Commands send the token in STOCKCAST_TOKEN; ./run_app.sh token create makes one."
"""Follows the API's sentence about a missing account or right, which names a header."""
OUTAGE_S = 10.0
"""The longest time without an answer, such as during a restart of a service."""


class RequestFailed(Exception):
    """A request failed or was refused.

    ``code`` is the API's problem code, or None. ``request_id`` is the id of the request that ended in this failure, or
    None.
    """

    def __init__(self, detail: str, code: str | None = None, request_id: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code
        self.request_id = request_id

    def __str__(self) -> str:
        return f"{self.detail} ({self.code})" if self.code else self.detail


def request_headers(token: str | None) -> dict[str, str]:
    """Return the headers of every request, with the API token where there is one."""
    return {"User-Agent": USER_AGENT} | ({"Authorization": f"Bearer {token}"} if token else {})


@contextmanager
def connected(port: int, token: str | None = None) -> Iterator[httpx.Client]:
    """Yield a client of the stack on ``port``.

    Args:
        port: the web server's port.
        token: the API token, where the server needs one.

    Raises:
        RequestFailed: the web server does not answer.
    """
    base = f"http://127.0.0.1:{port}"
    headers = request_headers(token)
    # trust_env=False: a proxy cannot reach the loopback address.
    with httpx.Client(base_url=base, timeout=30, trust_env=False, headers=headers) as client:
        try:
            yield client
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise RequestFailed(
                f"The web server at {base} does not answer ({type(exc).__name__}). Check it with ./run_app.sh status."
            ) from exc


def is_temporary(response: httpx.Response) -> bool:
    """Return whether the service cannot handle the request now. Such a response is not the end of the request."""
    return response.status_code == httpx.codes.SERVICE_UNAVAILABLE and '"request_id"' not in response.text


def parse_success(response: httpx.Response) -> dict[str, Any]:
    """Return the JSON object of a response.

    Raises:
        RequestFailed: the response is no JSON object, or reports a failure.
    """
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise RequestFailed(
            f"The web server answered HTTP {response.status_code} without JSON. Check that Stockcast runs on this port."
        )
    problem = body.get("error") if body.get("status") in {"failed", "cancelled"} else body
    if response.is_success and problem is body:
        return body
    raise _failure_of(problem if isinstance(problem, dict) else body, response.status_code)


def _failure_of(problem: dict[str, Any], status: int) -> RequestFailed:
    detail = problem.get("detail") or problem.get("title") or f"The web server answered HTTP {status}."
    code, request_id = problem.get("code"), problem.get("request_id")
    if code in {Unauthenticated.code, Forbidden.code}:
        detail = f"{detail} {AUTHENTICATION_HINT}"
    return RequestFailed(str(detail), str(code) if code else None, str(request_id) if request_id else None)
