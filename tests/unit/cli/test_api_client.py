from __future__ import annotations

import base64
import itertools
import json
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from cli.client.connection import RequestFailed
from cli.forecasts import forecast_client as client
from cli.forecasts.forecast_client import ForecastAnswer, ask
from common.domain.questions import ForecastQuestion
from local_stack.processes.interrupts import Interrupted
from webserver.schemas import FinishedForecast

QUESTION = ForecastQuestion(ticker="AAPL", days=30)
EXAMPLE: dict[str, Any] = FinishedForecast.model_json_schema()["examples"][0]
"""The example answer of the API's description."""
DONE = EXAMPLE | {
    "predicted_price": 450.0,
    "interval": {"level": 0.8, "lower": 400.0, "upper": 500.0},
    "verdict": "The history is too short.",
    "plot_png_base64": base64.b64encode(b"png").decode(),
}

AskWith = Callable[..., ForecastAnswer]


@pytest.fixture
def sent() -> list[dict[str, Any]]:
    """The bodies of the requests, in order."""
    return []


@pytest.fixture
def ask_with(monkeypatch: pytest.MonkeyPatch, sent: list[dict[str, Any]]) -> AskWith:
    """Ask a web server that gives these answers, one after the other."""
    monkeypatch.setattr(client, "_PAUSE", 0)
    real = httpx.Client

    def ask_it(
        *answers: httpx.Response | Exception, on_progress: Callable[[str], None] = lambda _: None
    ) -> ForecastAnswer:
        left = list(answers)

        def answer(request: httpx.Request) -> httpx.Response:
            sent.append(json.loads(request.content))
            given = left.pop(0)
            if isinstance(given, Exception):
                raise given
            return given

        transport = httpx.MockTransport(answer)
        monkeypatch.setattr(httpx, "Client", lambda **kwargs: real(transport=transport, **kwargs))
        return ask(5000, QUESTION, on_progress)

    return ask_it


def problem(status: int, code: str) -> httpx.Response:
    headers = {"Content-Type": "application/problem+json"}
    return httpx.Response(status, json={"title": "T", "detail": "In words.", "code": code}, headers=headers)


ON_ITS_WAY = {"status": "forecasting", "request_id": DONE["request_id"]}
ACCEPTED = httpx.Response(202, json=ON_ITS_WAY, headers={"Location": "/api/v1/forecasts/1"})


def test_an_immediate_answer_is_returned(ask_with: AskWith) -> None:
    answer = ask_with(httpx.Response(200, json=DONE))
    assert (answer.forecast.predicted_price, answer.png, answer.document) == (450.0, b"png", DONE)


def test_the_request_is_repeated_until_its_end(ask_with: AskWith) -> None:
    under_way = httpx.Response(200, json=ON_ITS_WAY)
    assert ask_with(ACCEPTED, under_way, httpx.Response(200, json=DONE)).forecast.ticker == "AAPL"


def test_a_problem_is_raised_with_its_code(ask_with: AskWith) -> None:
    with pytest.raises(RequestFailed, match=r"^In words\. \(unknown_ticker\)$"):
        ask_with(problem(404, "unknown_ticker"))


@pytest.mark.parametrize(("status", "code"), [(401, "unauthenticated"), (403, "forbidden")])
def test_a_missing_right_is_raised_with_the_setting_of_the_token(ask_with: AskWith, status: int, code: str) -> None:
    expected = f"In words. Commands send the token in STOCKCAST_TOKEN; ./run_app.sh token create makes one. ({code})"
    with pytest.raises(RequestFailed, match=f"^{re.escape(expected)}$"):
        ask_with(problem(status, code))


def test_a_failed_record_is_raised_with_its_code(ask_with: AskWith) -> None:
    failed = {"status": "failed", "error": {"code": "worker_crashed", "detail": "Lost."}}
    with pytest.raises(RequestFailed, match=r"^Lost\. \(worker_crashed\)$"):
        ask_with(ACCEPTED, httpx.Response(200, json=failed))


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(502, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(500, json={}),
        httpx.Response(200, json={"status": "done"}),
        httpx.Response(200, json=DONE | {"plot_png_base64": "%%"}),
    ],
)
def test_an_unexpected_answer_is_raised_in_one_line(ask_with: AskWith, answer: httpx.Response) -> None:
    with pytest.raises(RequestFailed, match=r"^[^\n]+$"):
        ask_with(answer)


def test_each_repetition_has_the_same_id(ask_with: AskWith, sent: list[dict[str, Any]]) -> None:
    ask_with(ACCEPTED, httpx.Response(200, json=ON_ITS_WAY), httpx.Response(200, json=DONE))
    assert len(sent) == 3
    assert sent[0] == sent[1] == sent[2]
    assert UUID(sent[0]["request_id"])


def test_each_question_has_a_new_id(ask_with: AskWith, sent: list[dict[str, Any]]) -> None:
    for _ in range(2):
        ask_with(httpx.Response(200, json=DONE))
    assert sent[0]["request_id"] != sent[1]["request_id"]


@pytest.mark.parametrize(
    "away", [httpx.ConnectError("refused"), httpx.RemoteProtocolError("cut"), problem(503, "busy")]
)
def test_a_short_outage_of_the_web_server_is_retried(
    ask_with: AskWith, sent: list[dict[str, Any]], away: httpx.Response | Exception
) -> None:
    assert ask_with(away, ACCEPTED, away, away, httpx.Response(200, json=DONE)).forecast.ticker == "AAPL"
    assert len({body["request_id"] for body in sent}) == 1


@pytest.mark.parametrize(
    ("away", "message"), [(httpx.ConnectError("refused"), "does not answer"), (problem(503, "busy"), "busy")]
)
def test_a_long_outage_of_the_web_server_is_raised(
    ask_with: AskWith, monkeypatch: pytest.MonkeyPatch, away: httpx.Response | Exception, message: str
) -> None:
    seconds = itertools.count(step=3)
    monkeypatch.setattr(client, "monotonic", lambda: float(next(seconds)))
    with pytest.raises(RequestFailed, match=message):
        ask_with(ACCEPTED, *[away] * 20)


def test_a_request_that_ended_as_busy_is_not_repeated(ask_with: AskWith, sent: list[dict[str, Any]]) -> None:
    ended = httpx.Response(503, json={"request_id": DONE["request_id"], "detail": "Too much.", "code": "busy"})
    with pytest.raises(RequestFailed, match="busy"):
        ask_with(ended)
    assert len(sent) == 1


def test_an_interrupt_ends_the_wait(ask_with: AskWith) -> None:
    def interrupt(_stage: str) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        ask_with(ACCEPTED, on_progress=interrupt)


@pytest.mark.parametrize(("token", "header"), [(None, None), ("stockcast_x", "Bearer stockcast_x")])
def test_a_token_is_sent_with_each_request(
    monkeypatch: pytest.MonkeyPatch, token: str | None, header: str | None
) -> None:
    asked: list[httpx.Request] = []
    real = httpx.Client

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=DONE)

    monkeypatch.setattr(httpx, "Client", lambda **kwargs: real(transport=httpx.MockTransport(answer), **kwargs))
    ask(5000, QUESTION, lambda _: None, token)
    assert [request.headers.get("Authorization") for request in asked] == [header]
