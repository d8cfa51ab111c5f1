"""The client of forecasts."""

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

from cli.client.connection import OUTAGE_S, RequestFailed, connected, is_temporary, parse_success
from common.domain.questions import ForecastQuestion
from common.domain.results import Forecast

_TIMEOUT_S = 3700.0
"""Longer than any deadline of a request."""
_PAUSE = 0.2


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
        RequestFailed: the service refused the request, failed, or sent an answer that cannot be read.
    """
    with connected(port, token) as client:
        return _parse_answer(_wait_for_end(client, question, on_progress))


def _wait_for_end(
    client: httpx.Client, question: ForecastQuestion, on_progress: Callable[[str], None]
) -> dict[str, Any]:
    """Send the question under one id until the request has ended. The service accepts it only once."""
    body = question.model_dump() | {"request_id": str(uuid4())}
    began = last_response = monotonic()
    stage = "asking"
    while (now := monotonic()) - began < _TIMEOUT_S:
        response = _post(client, body, may_fail=now - last_response < OUTAGE_S)
        if response is not None:
            last_response = now
            if (document := parse_success(response)).get("status") == "done":
                return document
            stage = str(document.get("status"))
        on_progress(stage)
        time.sleep(_PAUSE)
    raise RequestFailed("The forecast did not end. Check the services with ./run_app.sh status.")


def _post(client: httpx.Client, body: dict[str, Any], *, may_fail: bool) -> httpx.Response | None:
    """Send the request once. With ``may_fail``, return None for a temporary failure, such as a restart."""
    try:
        # Short waits, so that on_progress can react to Ctrl-C between them.
        response = client.post("/api/v1/forecasts", json=body, headers={"Prefer": "wait=1"})
    except httpx.TransportError:
        if may_fail:
            return None
        raise
    return None if may_fail and is_temporary(response) else response


def _parse_answer(document: dict[str, Any]) -> ForecastAnswer:
    try:
        forecast = Forecast.model_validate(document)
        png = base64.b64decode(document["plot_png_base64"], validate=True)
    except (ValidationError, KeyError, TypeError, binascii.Error) as exc:
        raise RequestFailed("The forecast cannot be read. Check that the web server has this version.") from exc
    return ForecastAnswer(document, forecast, png)
