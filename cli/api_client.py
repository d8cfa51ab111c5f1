"""The client of a running stack's HTTP API."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import uuid4

import httpx
from pydantic import ValidationError

from common.domain.questions import ForecastQuestion
from common.domain.results import Forecast

_TIMEOUT_S = 3700.0
"""Longer than any deadline of a request."""
_PAUSE = 0.2
_OUTAGE_S = 10.0
"""The longest time without an answer, such as during a restart of a service."""


class ForecastUnavailable(Exception):
    """A forecast failed or was refused. ``code`` is the API's problem code, or None."""

    def __init__(self, detail: str, code: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code

    def __str__(self) -> str:
        return f"{self.detail} ({self.code})" if self.code else self.detail


@dataclass(frozen=True)
class ForecastAnswer:
    """A finished forecast: the JSON document, the parsed forecast and the chart."""

    document: dict[str, Any]
    forecast: Forecast
    png: bytes


def ask(
    port: int, question: ForecastQuestion, on_progress: Callable[[str], None], token: str | None = None
) -> ForecastAnswer:
    """Request a forecast from the stack on ``port`` and wait for it.

    Args:
        port: the web server's port.
        question: the ticker, the horizon and the options.
        on_progress: called with the stage about once a second. It may raise to stop the wait.
        token: the API token, where the server needs one.

    Raises:
        ForecastUnavailable: the service refused the request, failed, or sent an answer that cannot be read.
    """
    base = f"http://127.0.0.1:{port}"
    # trust_env=False: a proxy cannot reach the loopback address.
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with httpx.Client(base_url=base, timeout=30, trust_env=False, headers=headers) as client:
        try:
            return _parse_answer(_wait_for_end(client, question, on_progress))
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise ForecastUnavailable(
                f"The web server at {base} does not answer ({type(exc).__name__}). Check it with ./run_app.sh status."
            ) from exc


def _wait_for_end(
    client: httpx.Client, question: ForecastQuestion, on_progress: Callable[[str], None]
) -> dict[str, Any]:
    """Send the question under one id until the request has ended. The service accepts it only once."""
    body = question.model_dump() | {"request_id": str(uuid4())}
    began = last_response = monotonic()
    stage = "asking"
    while (now := monotonic()) - began < _TIMEOUT_S:
        response = _post(client, body, may_fail=now - last_response < _OUTAGE_S)
        if response is not None:
            last_response = now
            if (document := _parse_success(response)).get("status") == "done":
                return document
            stage = str(document.get("status"))
        on_progress(stage)
        time.sleep(_PAUSE)
    raise ForecastUnavailable("The forecast did not end. Check the services with ./run_app.sh status.")


def _post(client: httpx.Client, body: dict[str, Any], *, may_fail: bool) -> httpx.Response | None:
    """Send the request once. With ``may_fail``, return None for a temporary failure, such as a restart."""
    try:
        # Short waits, so that on_progress can react to Ctrl-C between them.
        response = client.post("/api/v1/forecasts", json=body, headers={"Prefer": "wait=1"})
    except httpx.TransportError:
        if may_fail:
            return None
        raise
    return None if may_fail and _is_temporary(response) else response


def _is_temporary(response: httpx.Response) -> bool:
    """Whether the service cannot handle the request now. Such a response is not the end of the request."""
    return response.status_code == httpx.codes.SERVICE_UNAVAILABLE and '"request_id"' not in response.text


def _parse_success(response: httpx.Response) -> dict[str, Any]:
    """Return the JSON object of a response.

    Raises:
        ForecastUnavailable: the response is no JSON object, or reports a failure.
    """
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ForecastUnavailable(
            f"The web server answered HTTP {response.status_code} without JSON. Check that Stockcast runs on this port."
        )
    problem = body.get("error") if body.get("status") in {"failed", "cancelled"} else body
    if response.is_success and problem is body:
        return body
    raise _failure_of(problem if isinstance(problem, dict) else body, response.status_code)


def _failure_of(problem: dict[str, Any], status: int) -> ForecastUnavailable:
    detail = problem.get("detail") or problem.get("title") or f"The web server answered HTTP {status}."
    code = problem.get("code")
    return ForecastUnavailable(str(detail), str(code) if code else None)


def _parse_answer(document: dict[str, Any]) -> ForecastAnswer:
    try:
        forecast = Forecast.model_validate(document)
        png = base64.b64decode(document["plot_png_base64"], validate=True)
    except (ValidationError, KeyError, TypeError, binascii.Error) as exc:
        raise ForecastUnavailable("The forecast cannot be read. Check that the web server has this version.") from exc
    return ForecastAnswer(document, forecast, png)
