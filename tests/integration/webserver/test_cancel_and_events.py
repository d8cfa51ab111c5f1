"""Cancelling, and the events of a request, over a real Redis."""

import json
import threading
from uuid import uuid4

import pytest

from common.domain.questions import ForecastQuestion
from common.rpc.messages import Order
from test_support.waiting import until
from tests.integration.common.test_tcp import serving
from tests.integration.webserver.test_api import BODY, NOWHERE, RESULT, check_problem, client_of, leave

QUESTION = ForecastQuestion.model_validate(BODY)


@pytest.fixture
def client(redis_url):
    with client_of(redis_url, NOWHERE) as client:
        yield client


@pytest.fixture
def order(redis_stores):
    request_id = str(uuid4())
    redis_stores.requests.accept(request_id, QUESTION, 30_000)
    return Order(question=QUESTION, request_id=request_id, attempt=1, budget_ms=30_000)


def address(order, part=""):
    return f"/api/v1/forecasts/{order.request_id}{part}"


def events_in(text):
    """Return the events of a stream as pairs of name and data."""
    blocks = [block.split("\n") for block in text.split("\n\n") if block.startswith("event: ")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


def test_a_cancelled_request_ends_as_cancelled(client, order):
    answer = client.delete(address(order))
    assert (answer.status_code, answer.json["status"]) == (200, "cancelled")
    check_problem(client.get(address(order)), 410, "cancelled")
    assert client.delete(address(order)).json["status"] == "cancelled"


def test_cancelling_a_finished_request_returns_done(client, order, redis_stores):
    redis_stores.attempts.finish(order, "result:x", RESULT)
    assert client.delete(address(order)).json["status"] == "done"
    assert client.get(address(order)).json["predicted_price"] == 424.1


def test_a_waiting_client_receives_the_cancellation(redis_url):
    answers = []
    body = BODY | {"request_id": str(uuid4())}
    with serving(leave) as ingestion, client_of(redis_url, ingestion) as client:
        waiting = threading.Thread(
            target=lambda: answers.append(client.application.test_client().post("/api/v1/forecasts", json=body))
        )
        waiting.start()
        url = f"/api/v1/forecasts/{body['request_id']}"
        until(lambda: client.get(url).status_code != 404)
        client.delete(url)
        waiting.join(100)
    check_problem(answers[0], 410, "cancelled")


def test_nothing_can_be_cancelled_or_streamed_under_an_unknown_id(client):
    check_problem(client.delete(f"/api/v1/forecasts/{uuid4()}"), 404, "not_found")
    check_problem(client.get(f"/api/v1/forecasts/{uuid4()}/events"), 404, "not_found")


def test_a_stream_has_each_stage_and_ends_with_the_request(client, order, redis_stores):
    stream = client.get(address(order, "/events"))
    assert (stream.mimetype, stream.headers["Cache-Control"]) == ("text/event-stream", "no-store")
    chunks = stream.iter_encoded()
    seen = [next(chunks)]
    for step in (
        lambda: redis_stores.attempts.begin(order, "ingesting"),
        lambda: redis_stores.attempts.begin(order, "forecasting"),
    ):
        step()
        seen.append(next(chunks))
    redis_stores.attempts.finish(order, "result:x", RESULT)
    seen.extend(chunks)
    events = events_in(b"".join(seen).decode())
    assert [name for name, _ in events] == ["stage", "stage", "stage", "end"]
    assert [document["status"] for _, document in events] == ["accepted", "ingesting", "forecasting", "done"]
    assert events[-1][1]["url"] == address(order)


def test_the_stream_of_a_failure_has_its_reason(client, order, redis_stores):
    redis_stores.requests.cancel(order.request_id)
    ((name, document),) = events_in(client.get(address(order, "/events")).text)
    assert (name, document["status"], document["code"]) == ("end", "cancelled", "cancelled")


def test_an_idle_stream_sends_heartbeats(client, order, monkeypatch):
    monkeypatch.setattr("webserver.requests.events.HEARTBEAT_EVERY_S", 0.2)
    stream = client.get(address(order, "/events"))
    chunks = stream.iter_encoded()
    assert [next(chunks)[:6], next(chunks)[:2]] == [b"event:", b": "]
    stream.close()


def test_streams_are_limited_and_a_closed_stream_frees_its_place(redis_url, order, monkeypatch):
    monkeypatch.setattr("webserver.app.MOST_STREAMING", 1)
    with client_of(redis_url, NOWHERE) as client:
        first = client.get(address(order, "/events"))
        check_problem(client.get(address(order, "/events")), 503, "busy")
        assert client.get(address(order)).status_code == 200
        first.close()
        second = client.get(address(order, "/events"))
        assert second.status_code == 200
        second.close()
