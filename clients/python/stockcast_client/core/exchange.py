"""One HTTP call and its answer as values, and the repetition of a call that may succeed later."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias, TypeVar

from stockcast_client.errors import BY_CODE, Problem, ServerUnreachable, UnreadableAnswer, UnsupportedByServer
from stockcast_client.version import VERSION

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 5.0
ANSWER_WITHIN_S = 45.0
"""Seconds within which the server answers a call, beside the time for which the call asks it to wait. The server itself
gives up fetching prices, or making a report, after half a minute, and says so.
"""
LEAST_ANSWER_S = 2.0
"""The same for a call whose deadline is near."""
NO_SUCH_ADDRESS = "This address does not exist."
"""The beginning of the server's sentence for a route that it does not have."""
_PASSING = frozenset({502, 503, 504})
"""The statuses of a proxy whose server is away. Those of the server itself have a body with a code."""


@dataclass(frozen=True)
class HttpCall:
    """A call of the API.

    Args:
        method: the HTTP method.
        path: the path.
        params: the query parameters; None is left out.
        body: the JSON body.
        headers: further headers.
        is_repeatable: whether a second call has no second effect.
        names_a_thing: whether a part of the path names a stored thing, which may be missing on any server.
        waits_s: the seconds for which the call asks the server to wait.
        answer_within_s: the seconds beside it within which the server answers.
    """

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    is_repeatable: bool = True
    names_a_thing: bool = False
    waits_s: float = 0.0
    answer_within_s: float = ANSWER_WITHIN_S

    @property
    def query(self) -> dict[str, Any]:
        """The query parameters as texts."""
        given = {name: value for name, value in self.params.items() if value is not None}
        return {name: str(value).lower() if isinstance(value, bool) else value for name, value in given.items()}

    @property
    def timeout_s(self) -> float:
        """The seconds without a byte after which the call has failed."""
        return self.waits_s + self.answer_within_s


@dataclass(frozen=True)
class HttpAnswer:
    """The answer to a call. The names of ``headers`` are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True)
class NoAnswer:
    """The call failed without an answer.

    Args:
        reason: the reason in words.
        is_silence: whether the time for the answer passed, so that the call took all of it.
    """

    reason: str
    is_silence: bool = False


@dataclass(frozen=True)
class Pause:
    """A pause before the next step, in seconds."""

    seconds: float


Step: TypeAlias = HttpCall | Pause
Reply: TypeAlias = HttpAnswer | NoAnswer | None
T = TypeVar("T")
Steps: TypeAlias = Generator[Step, Reply, T]
Clock: TypeAlias = Callable[[], float]
"""Monotonic seconds."""


@dataclass(frozen=True)
class Patience:
    """For how long calls are repeated.

    Args:
        outage_s: the seconds without an answer after which the server counts as unreachable.
        busy_s: the seconds for which a call is repeated that the server refuses for now.
        clock: monotonic seconds.
    """

    outage_s: float
    busy_s: float
    clock: Clock


def answered(call: HttpCall, patience: Patience, deadline: float | None = None) -> Steps[HttpAnswer]:
    """Yield the steps of a call; return its successful answer.

    A call is repeated if the server asks for it (429, 503), or if it gave no answer and a repetition is harmless. The
    time of the repetitions counts from the first failure: a server may restart at the end of a long wait.

    Args:
        call: the call.
        patience: for how long it is repeated.
        deadline: the time of the clock after which it is not repeated, and hardly waited for.

    Raises:
        Problem: the server refused the call.
        ServerUnreachable: there was no answer.
    """
    failing_since, pause = None, FIRST_PAUSE_S
    while True:
        began = patience.clock()
        reply = yield call if deadline is None else _within(call, deadline - began)
        failure, may_repeat, limit_s = _judge(call, reply, patience)
        if failure is None and isinstance(reply, HttpAnswer):
            return reply
        if failing_since is None:
            is_silence = isinstance(reply, NoAnswer) and reply.is_silence
            failing_since = began if is_silence else patience.clock()
        wait_s = max(pause, getattr(failure, "retry_after_s", None) or 0.0)
        ends_at = min(failing_since + limit_s, float("inf") if deadline is None else deadline)
        if isinstance(failure, UnsupportedByServer):
            raise (yield from _with_version(call, failure))
        if failure is not None and (not may_repeat or patience.clock() + wait_s > ends_at):
            raise failure
        yield Pause(wait_s)
        pause = min(2 * pause, LONGEST_PAUSE_S)


def _within(call: HttpCall, left_s: float) -> HttpCall:
    """Return the call with at most the time that is left for its answer."""
    return replace(call, answer_within_s=min(call.answer_within_s, max(LEAST_ANSWER_S, left_s - call.waits_s)))


def _judge(call: HttpCall, reply: Reply, patience: Patience) -> tuple[Exception | None, bool, float]:
    """Return the failure of an answer, if any, whether the call may be repeated, and for how many seconds."""
    if not isinstance(reply, HttpAnswer):
        return _unreachable(call, reply.reason if reply else "no answer"), call.is_repeatable, patience.outage_s
    if reply.status < 300 or reply.status == 304:
        return None, False, 0.0
    problem = problem_of(reply)
    if problem is None and reply.status in _PASSING:
        reason = f"a proxy answered HTTP {reply.status}"
        return _unreachable(call, reason), call.is_repeatable, patience.outage_s
    if problem is None:
        return _unreadable(reply), False, 0.0
    if is_missing_route(call, problem):
        return UnsupportedByServer(f"The server has no {call.method} {call.path}."), False, 0.0
    refused_for_now = problem.status == 429 or (problem.status == 503 and call.is_repeatable)
    return problem, refused_for_now and problem.request_id is None, patience.busy_s


def _unreachable(call: HttpCall, reason: str) -> ServerUnreachable:
    return ServerUnreachable(f"The server gave no answer to {call.method} {call.path}: {reason.rstrip('.')}.")


def _unreadable(answer: HttpAnswer) -> UnreadableAnswer:
    """Return the failure of an answer without a reason. A redirection is not followed: its host may be another one."""
    other = answer.headers.get("location") if 300 <= answer.status < 400 else None
    head = f"The server answered HTTP {answer.status}"
    if other:
        return UnreadableAnswer(f"{head} and sends to {other[:200]}. If that is your server, use its address.")
    return UnreadableAnswer(f"{head} without a reason. Check that its address is that of Stockcast.")


def problem_of(answer: HttpAnswer) -> Problem | None:
    """Return the problem in an answer; None if it is not one of Stockcast."""
    try:
        body = json.loads(answer.content)
    except ValueError:
        return None
    if not isinstance(body, dict) or not isinstance(body.get("code"), str):
        return None
    code = body["code"]
    return BY_CODE.get(code, Problem)(
        str(body.get("detail") or body.get("title") or code),
        code=code,
        status=answer.status,
        request_id=body.get("request_id"),
        retry_after_s=retry_after_s(answer),
    )


def retry_after_s(answer: HttpAnswer) -> float | None:
    """Return the seconds of ``Retry-After``, a number or a date; None without a readable one."""
    text = answer.headers.get("retry-after", "")
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def is_missing_route(call: HttpCall, problem: Problem) -> bool:
    """Return whether the server lacks the route of a call, and not only a thing that the call or its body names."""
    if problem.status == 405:
        return True
    if problem.status != 404 or problem.code != "not_found" or problem.request_id is not None:
        return False
    return problem.detail.startswith(NO_SUCH_ADDRESS) or not call.names_a_thing


def _with_version(call: HttpCall, failure: UnsupportedByServer) -> Steps[UnsupportedByServer]:
    """Ask the server for its version; return the failure with it."""
    reply = yield HttpCall("GET", "/livez")
    version = None
    if isinstance(reply, HttpAnswer):
        try:
            version = json.loads(reply.content).get("version")
        except (ValueError, AttributeError):
            version = None
    server = f"It is version {version}" if version else "Its version is unknown"
    return UnsupportedByServer(
        f"{failure} {server}, and this client is made for {VERSION}. Upgrade the older one of the two, or check that "
        "the address is that of Stockcast."
    )


def json_of(answer: HttpAnswer) -> dict[str, Any]:
    """Return the JSON object of an answer.

    Raises:
        UnreadableAnswer: it is none.
    """
    try:
        body = json.loads(answer.content)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise UnreadableAnswer("The answer is no JSON object. Check that the server's address is that of Stockcast.")
    return body
