from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from common.questions import Question
from local_stack import client
from local_stack.client import Answer, AskFailed, ask
from local_stack.interrupts import Interrupted

QUESTION = Question(ticker="AAPL", days=30)
DONE: dict[str, Any] = {
    "request_id": "123e4567-e89b-42d3-a456-426614174000",
    "status": "done",
    "ticker": "AAPL",
    "days": 30,
    "as_of": "2013-03-01",
    "last_close": 430.47,
    "counted_from": "2013-03-01",
    "target_date": "2013-04-01",
    "predicted_price": 450.0,
    "currency": "USD",
    "interval": {"level": 0.8, "lower": 400.0, "upper": 500.0},
    "backtest": None,
    "verdict": "The history is too short.",
    "model": {"name": "prophet", "version": "1", "prophet_weight": 1.0},
    "data": {
        "source": "sample",
        "rows": 2518,
        "first": "2003-03-03",
        "last": "2013-03-01",
        "fetched_at": "2026-01-02T03:04:05Z",
        "stale": True,
        "version": "a" * 64,
    },
    "series": [],
    "forecast": [],
    "plot_url": "/p",
    "plot_png_base64": base64.b64encode(b"png").decode(),
    "timings_ms": {},
}

AskWith = Callable[..., Answer]


@pytest.fixture
def ask_with(monkeypatch: pytest.MonkeyPatch) -> AskWith:
    """Ask a web server that gives these answers, one after the other."""
    monkeypatch.setattr(client, "_PAUSE", 0)
    real = httpx.Client

    def ask_it(*answers: httpx.Response | Exception, keep_on: Callable[[], None] = lambda: None) -> Answer:
        left = list(answers)

        def answer(_: httpx.Request) -> httpx.Response:
            given = left.pop(0)
            if isinstance(given, Exception):
                raise given
            return given

        transport = httpx.MockTransport(answer)
        monkeypatch.setattr(httpx, "Client", lambda **kwargs: real(transport=transport, **kwargs))
        return ask(5000, QUESTION, keep_on)

    return ask_it


def problem(status: int, code: str) -> httpx.Response:
    headers = {"Content-Type": "application/problem+json"}
    return httpx.Response(status, json={"title": "T", "detail": "In words.", "code": code}, headers=headers)


ON_ITS_WAY = {"status": "forecasting", "request_id": DONE["request_id"]}
ACCEPTED = httpx.Response(202, json=ON_ITS_WAY, headers={"Location": "/api/v1/forecasts/1"})


def test_an_answer_at_once_is_read(ask_with: AskWith) -> None:
    answer = ask_with(httpx.Response(200, json=DONE))
    assert (answer.forecast.predicted_price, answer.png, answer.document) == (450.0, b"png", DONE)


def test_the_record_is_asked_until_the_end(ask_with: AskWith) -> None:
    under_way = httpx.Response(200, json=ON_ITS_WAY)
    assert ask_with(ACCEPTED, under_way, httpx.Response(200, json=DONE)).forecast.ticker == "AAPL"


def test_a_problem_is_told_with_its_code(ask_with: AskWith) -> None:
    with pytest.raises(AskFailed, match=r"^In words\. \(unknown_ticker\)$"):
        ask_with(problem(404, "unknown_ticker"))


def test_a_record_that_failed_is_told_with_its_code(ask_with: AskWith) -> None:
    failed = {"status": "failed", "error": {"code": "worker_crashed", "detail": "Lost."}}
    with pytest.raises(AskFailed, match=r"^Lost\. \(worker_crashed\)$"):
        ask_with(ACCEPTED, httpx.Response(200, json=failed))


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(502, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(500, json={}),
        httpx.Response(200, json={"status": "done"}),
        httpx.Response(200, json=DONE | {"plot_png_base64": "%%"}),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("late"),
    ],
)
def test_anything_else_is_told_in_one_line(ask_with: AskWith, answer: httpx.Response | Exception) -> None:
    with pytest.raises(AskFailed, match=r"^[^\n]+$"):
        ask_with(answer)


def test_an_interrupt_ends_the_wait(ask_with: AskWith) -> None:
    def interrupt() -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        ask_with(ACCEPTED, keep_on=interrupt)
