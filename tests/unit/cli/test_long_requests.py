"""A request of long work: sent once under one id, polled, and cancelled where the command ends before it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cli.client import long_requests
from cli.client.connection import RequestFailed
from cli.client.long_requests import wait_for_result
from common.domain.progress import WorkProgress
from local_stack.processes.interrupts import Interrupted

PATH = "/api/v1/evaluations"
WAITING = httpx.Response(202, json={"status": "accepted", "progress": None, "step": None})
AT_WORK = httpx.Response(200, json={"status": "computing", "progress": 0.5, "step": "AutoETS, origin 2 of 4"})
DONE = httpx.Response(200, json={"status": "done", "value": 3})


def problem(status: int, code: str) -> httpx.Response:
    return httpx.Response(status, json={"title": "T", "detail": "In words.", "code": code})


class Server:
    """A web server that gives these answers, one after the other."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.requests: list[httpx.Request] = []
        self.shown: list[WorkProgress] = []
        self._left = list(answers)

    def ask(self, on_progress: Callable[[WorkProgress], None] | None = None) -> dict[str, Any]:
        with httpx.Client(base_url="http://stack", transport=httpx.MockTransport(self._answer)) as client:
            return wait_for_result(client, PATH, {"ticker": "AAPL"}, on_progress or self.shown.append)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        given = self._left.pop(0)
        if isinstance(given, Exception):
            raise given
        return given


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_requests, "_PAUSE_S", 0)


def test_the_request_is_sent_once_and_polled_until_its_end() -> None:
    server = Server(WAITING, AT_WORK, DONE)
    assert server.ask() == {"status": "done", "value": 3}
    first, *polls = server.requests
    body = json.loads(first.content)
    assert (first.method, body["ticker"], first.headers["Prefer"]) == ("POST", "AAPL", "wait=0")
    assert [(poll.method, poll.url.path) for poll in polls] == [("GET", f"{PATH}/{body['request_id']}")] * 2
    assert server.shown == [WorkProgress(0.0, "waiting for its turn"), WorkProgress(0.5, "AutoETS, origin 2 of 4")]


def test_a_request_without_an_answer_is_sent_again_under_the_same_id() -> None:
    server = Server(httpx.ConnectError("away"), problem(503, "busy"), DONE)
    assert server.ask()["value"] == 3
    assert len({json.loads(request.content)["request_id"] for request in server.requests}) == 1


def test_a_poll_without_an_answer_is_repeated() -> None:
    server = Server(WAITING, httpx.ReadTimeout("slow"), DONE)
    assert server.ask()["value"] == 3
    assert [request.method for request in server.requests] == ["POST", "GET", "GET"]


@pytest.mark.parametrize("failed", [problem(400, "invalid_request"), problem(504, "deadline_exceeded")])
def test_a_failure_has_its_reason_and_code(failed: httpx.Response) -> None:
    server = Server(WAITING, failed)
    with pytest.raises(RequestFailed, match="In words"):
        server.ask()
    assert [request.method for request in server.requests] == ["POST", "GET"], "nothing is left to cancel"


def test_an_interrupt_cancels_the_request() -> None:
    def stop(_progress: WorkProgress) -> None:
        raise Interrupted

    server = Server(WAITING, httpx.Response(200, json={"status": "cancelled"}))
    with pytest.raises(Interrupted):
        server.ask(stop)
    first, second = server.requests
    assert (second.method, second.url.path) == ("DELETE", f"{PATH}/{json.loads(first.content)['request_id']}")


def test_an_interrupt_ends_the_command_although_the_server_is_away() -> None:
    def stop(_progress: WorkProgress) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        Server(WAITING, httpx.ConnectError("away")).ask(stop)
