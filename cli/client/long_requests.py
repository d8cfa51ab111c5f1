"""Requests of long work: sent once, polled until their end, and cancelled where the command ends before them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from time import monotonic
from typing import Any
from uuid import uuid4

import httpx

from cli.client.connection import OUTAGE_S, RequestFailed, is_temporary, parse_success
from common.domain.progress import WorkProgress

_TIMEOUT_S = 3700.0
"""Longer than any deadline of a request."""
_PAUSE_S = 0.3
_CANCEL_WITHIN_S = 2.0
_STAGES = {"accepted": "waiting for its turn", "ingesting": "fetching prices", "computing": "computing"}
"""The words for a stage without a report of the work."""

ShowProgress = Callable[[WorkProgress], None]


def wait_for_result(
    client: httpx.Client, path: str, body: Mapping[str, Any], on_progress: ShowProgress
) -> dict[str, Any]:
    """Send a request of any kind and return its finished result.

    Args:
        client: the client of the stack.
        path: the address of the kind's requests, such as ``/api/v1/evaluations``.
        body: the question.
        on_progress: called several times a second. If it raises, the request is cancelled.

    Raises:
        RequestFailed: the service refused the request, failed, or sent an answer that cannot be read.
    """
    request_id = str(uuid4())
    try:
        return _poll(client, path, request_id, dict(body), on_progress)
    except RequestFailed:
        raise
    except BaseException:
        with suppress(httpx.HTTPError):
            client.delete(f"{path}/{request_id}", timeout=_CANCEL_WITHIN_S)
        raise


def _poll(
    client: httpx.Client, path: str, request_id: str, body: dict[str, Any], on_progress: ShowProgress
) -> dict[str, Any]:
    began = last_response = monotonic()
    is_accepted, shown = False, WorkProgress(0.0, "asking")
    while (now := monotonic()) - began < _TIMEOUT_S:
        response = _send(client, path, request_id, None if is_accepted else body, now - last_response < OUTAGE_S)
        if response is not None:
            last_response, is_accepted = now, True
            if (document := parse_success(response)).get("status") == "done":
                return document
            shown = _progress_in(document)
        on_progress(shown)
        time.sleep(_PAUSE_S)
    raise RequestFailed("The request did not end. Check the services with ./run_app.sh status.")


def _send(
    client: httpx.Client, path: str, request_id: str, body: dict[str, Any] | None, may_fail: bool
) -> httpx.Response | None:
    """Send the request, or a poll if it was accepted. With ``may_fail``, return None for a temporary failure.

    A repeated request is safe: the service accepts an id only once.
    """
    try:
        if body is None:
            response = client.get(f"{path}/{request_id}")
        else:
            response = client.post(path, json=body | {"request_id": request_id}, headers={"Prefer": "wait=0"})
    except httpx.TransportError:
        if may_fail:
            return None
        raise
    return None if may_fail and is_temporary(response) else response


def _progress_in(document: Mapping[str, Any]) -> WorkProgress:
    fraction, step, status = document.get("progress"), document.get("step"), str(document.get("status"))
    words = step if isinstance(step, str) else _STAGES.get(status, status)
    return WorkProgress(min(max(fraction, 0.0), 1.0) if isinstance(fraction, int | float) else 0.0, words)
