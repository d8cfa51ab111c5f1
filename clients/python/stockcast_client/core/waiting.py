"""The steps of a request: sent under its own id, polled until its end, and cancelled if nothing waits for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

from stockcast_client.core.calls import parsed, path_of
from stockcast_client.core.exchange import (
    FIRST_PAUSE_S,
    HttpAnswer,
    HttpCall,
    Patience,
    Pause,
    Steps,
    answered,
    json_of,
)
from stockcast_client.errors import BY_CODE, Problem, ServerUnreachable, Unavailable, WaitTimedOut
from stockcast_client.models.base import Answer

LONGEST_WAIT_S = 20
"""Seconds for which one call waits for the result. Proxies close connections that are silent for a minute."""
LONGEST_POLL_PAUSE_S = 1.0
CANCEL_WITHIN_S = 2.0
"""Seconds for the answer to a cancellation, which an error or a person waits for."""
M = TypeVar("M", bound=Answer)


@dataclass(frozen=True)
class Progress:
    """The progress of a request.

    Args:
        status: its stage, such as ``computing``.
        fraction: the fraction of the work that is done; None where it is unknown.
        step: the present step in words; None where there are none.
    """

    status: str
    fraction: float | None
    step: str | None

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Progress:
        """Return the progress in the body of an answer."""
        fraction, step = body.get("progress"), body.get("step")
        return cls(
            str(body.get("status")),
            float(fraction) if isinstance(fraction, int | float) else None,
            step if isinstance(step, str) else None,
        )


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True)
class Request:
    """A request to wait for.

    Args:
        kind: the last part of the path of its kind, such as ``forecasts``.
        body: the question without its id.
        params: the query parameters that select a part of the result.
        request_id: its id.
        timeout_s: the seconds after which it is given up and cancelled.
        on_progress: called after each answer without a result.
    """

    kind: str
    body: Mapping[str, Any]
    params: Mapping[str, Any]
    request_id: str
    timeout_s: float
    on_progress: OnProgress | None = None


def new_id() -> str:
    """Return the id of a new request."""
    return str(uuid4())


def result_of(request: Request, patience: Patience, model: type[M]) -> Steps[M]:
    """Yield the steps of a request; return its result.

    If the caller is interrupted, or the time is up, the request is cancelled.

    Raises:
        Problem: the server refused the request, or it failed.
        WaitTimedOut: it did not end in time.
        ServerUnreachable: the server gave no answer.
    """
    try:
        body = yield from _finished(request, patience)
    except (Problem, ServerUnreachable, GeneratorExit):
        raise
    except BaseException:
        yield HttpCall("DELETE", path_of(request.kind, request.request_id), answer_within_s=CANCEL_WITHIN_S)
        raise
    return parsed(body, model)


def _finished(request: Request, patience: Patience) -> Steps[dict[str, Any]]:
    deadline, pause, is_accepted = patience.clock() + request.timeout_s, FIRST_PAUSE_S, False
    while (left := deadline - patience.clock()) > 0:
        call = _poll(request) if is_accepted else _first_call(request, left)
        answer = yield from answered(call, patience, deadline)
        body = json_of(answer)
        if body.get("status") == "done":
            return body
        check_end(body, answer)
        is_accepted = True
        if request.on_progress:
            request.on_progress(Progress.of(body))
        yield Pause(min(pause, max(0.0, deadline - patience.clock())))
        pause = min(1.5 * pause, LONGEST_POLL_PAUSE_S)
    raise WaitTimedOut(
        f"The result did not come within {request.timeout_s:g} seconds, and the request was cancelled. Ask again with "
        "a longer timeout.",
        request.request_id,
    )


def _first_call(request: Request, left_s: float) -> HttpCall:
    """Return the call that makes the request. Its repetition is harmless, because the server accepts an id once."""
    waits_s = min(LONGEST_WAIT_S, int(left_s))
    return HttpCall(
        "POST",
        path_of(request.kind),
        request.params,
        {**request.body, "request_id": request.request_id},
        {"Prefer": f"wait={waits_s}"},
        waits_s=waits_s,
    )


def _poll(request: Request) -> HttpCall:
    return HttpCall("GET", path_of(request.kind, request.request_id), request.params, names_a_thing=True)


def check_end(body: Mapping[str, Any], answer: HttpAnswer) -> None:
    """Return if the request in an answer goes on.

    Raises:
        Problem: it has ended without a result.
    """
    status = body.get("status")
    if status not in {"failed", "cancelled"}:
        return
    code = str(body.get("code") or ("cancelled" if status == "cancelled" else "forecast_failed"))
    detail = str(body.get("detail") or f"The request ended as {status}.")
    raise BY_CODE.get(code, Unavailable)(detail, code=code, status=answer.status, request_id=body.get("request_id"))
