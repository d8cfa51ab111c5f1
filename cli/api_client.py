"""Asks a running stack for a forecast over its HTTP API."""

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

from common.domain.questions import Question
from common.domain.results import Forecast

_LAST_CALL_SECONDS = 3700.0
"""More than the longest deadline that a request can have: the service ends it before."""
_PAUSE = 0.2
_PATIENCE_SECONDS = 10.0
"""How long a part of the service may be away, as in a restart."""


class AskFailed(Exception):
    """The forecast did not come; ``code`` is the service's stable code, where it gave one."""

    def __init__(self, detail: str, code: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code

    def __str__(self) -> str:
        return f"{self.detail} ({self.code})" if self.code else self.detail


@dataclass(frozen=True)
class ForecastAnswer:
    """A finished forecast: as it came (``document``), as a value, and its picture."""

    document: dict[str, Any]
    forecast: Forecast
    png: bytes


def ask(port: int, question: Question, keep_on: Callable[[str], None]) -> ForecastAnswer:
    """Ask the stack on ``port`` and wait for the end.

    ``keep_on`` is called about once a second with the stage that it is at, and may raise to give up.

    Raises:
        AskFailed: the service refused or failed, or nothing that makes sense came back.
    """
    base = f"http://127.0.0.1:{port}"
    # trust_env=False: no proxy leads to this machine itself.
    with httpx.Client(base_url=base, timeout=30, trust_env=False) as client:
        try:
            return _answer(_wait_for_end(client, question, keep_on))
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise AskFailed(f"the web server at {base} did not answer ({type(exc).__name__})") from exc


def _wait_for_end(client: httpx.Client, question: Question, keep_on: Callable[[str], None]) -> dict[str, Any]:
    """Send the question under an id of our own, again and again: it is accepted once, and each answer is its record."""
    body = question.model_dump() | {"request_id": str(uuid4())}
    began = heard = monotonic()
    stage = "asking"
    while (now := monotonic()) - began < _LAST_CALL_SECONDS:
        response = _sent(client, body, may_fail=now - heard < _PATIENCE_SECONDS)
        if response is not None:
            heard = now
            if (document := _document(response)).get("status") == "done":
                return document
            stage = str(document.get("status"))
        keep_on(stage)
        time.sleep(_PAUSE)
    raise AskFailed("the forecast did not come to an end")


def _sent(client: httpx.Client, body: dict[str, Any], *, may_fail: bool) -> httpx.Response | None:
    """Send the request once; None where that failed in a way that may pass, as in a restart, and ``may_fail``."""
    try:
        # Waiting a second at a time leaves room to look for Ctrl-C.
        response = client.post("/api/v1/forecasts", json=body, headers={"Prefer": "wait=1"})
    except httpx.TransportError:
        if may_fail:
            return None
        raise
    return None if may_fail and _is_hiccup(response) else response


def _is_hiccup(response: httpx.Response) -> bool:
    """Whether the service could not look at the request just now, which is no end of it."""
    return response.status_code == httpx.codes.SERVICE_UNAVAILABLE and '"request_id"' not in response.text


def _document(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise AskFailed(f"the web server answered with HTTP {response.status_code} and no JSON")
    problem = body.get("error") if body.get("status") in {"failed", "cancelled"} else body
    if response.is_success and problem is body:
        return body
    raise _failure(problem if isinstance(problem, dict) else body, response.status_code)


def _failure(problem: dict[str, Any], status: int) -> AskFailed:
    detail = problem.get("detail") or problem.get("title") or f"the web server answered with HTTP {status}"
    code = problem.get("code")
    return AskFailed(str(detail), str(code) if code else None)


def _answer(document: dict[str, Any]) -> ForecastAnswer:
    try:
        forecast = Forecast.model_validate(document)
        png = base64.b64decode(document["plot_png_base64"], validate=True)
    except (ValidationError, KeyError, TypeError, binascii.Error) as exc:
        raise AskFailed("the web server answered with a forecast that cannot be read") from exc
    return ForecastAnswer(document, forecast, png)
