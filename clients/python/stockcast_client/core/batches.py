"""The steps of a batch: sent once, polled until its end, and cancelled if nothing waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from stockcast_client.core.calls import parsed, path_of
from stockcast_client.core.exchange import HttpCall, Patience, Pause, Steps, answered, json_of
from stockcast_client.core.waiting import CANCEL_WITHIN_S, OnProgress, Progress
from stockcast_client.errors import Problem, ServerUnreachable, WaitTimedOut
from stockcast_client.models.base import Answer

POLL_EVERY_S = 0.5
_ENDS = ("done", "failed", "cancelled")
M = TypeVar("M", bound=Answer)


@dataclass(frozen=True)
class Batch:
    """A batch to wait for.

    Args:
        path: the path of the call that makes it.
        body: the questions, without the id.
        batch_id: its id.
        params: the query parameters that select a part of the results.
        timeout_s: the seconds after which it is given up and cancelled.
        on_progress: called after each poll.
    """

    path: str
    body: Mapping[str, Any]
    batch_id: str
    params: Mapping[str, Any]
    timeout_s: float
    on_progress: OnProgress | None = None


def results_of(batch: Batch, patience: Patience, model: type[M]) -> Steps[M]:
    """Yield the steps of a batch; return its results, of which each has its own failure.

    Raises:
        Problem: the server refused the batch.
        WaitTimedOut: it did not end in time.
        ServerUnreachable: the server gave no answer.
    """
    address = path_of("batches", batch.batch_id)
    try:
        yield from _end_of(batch, address, patience)
        call = HttpCall("GET", address, {"results": True, **batch.params}, names_a_thing=True)
        answer = yield from answered(call, patience)
    except (Problem, ServerUnreachable, GeneratorExit):
        raise
    except BaseException:
        yield HttpCall("DELETE", address, answer_within_s=CANCEL_WITHIN_S)
        raise
    return parsed(json_of(answer), model)


def _end_of(batch: Batch, address: str, patience: Patience) -> Steps[None]:
    deadline = patience.clock() + batch.timeout_s
    call = HttpCall("POST", batch.path, {}, {**batch.body, "request_id": batch.batch_id})
    while patience.clock() < deadline:
        answer = yield from answered(call, patience, deadline)
        body = json_of(answer)
        if body.get("status") == "ended":
            return
        if batch.on_progress:
            batch.on_progress(_progress_of(body))
        yield Pause(POLL_EVERY_S)
        call = HttpCall("GET", address, names_a_thing=True)
    raise WaitTimedOut(
        f"The batch did not end within {batch.timeout_s:g} seconds, and its unfinished requests were cancelled. Ask "
        "again with a longer timeout.",
        batch.batch_id,
    )


def _progress_of(body: Mapping[str, Any]) -> Progress:
    counts = {str(name): int(count) for name, count in dict(body.get("counts") or {}).items()}
    total = sum(counts.values())
    ended = sum(counts.get(name, 0) for name in _ENDS)
    return Progress(str(body.get("status")), ended / total if total else None, f"{ended} of {total} ended")
