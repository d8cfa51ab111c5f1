"""Batches of any kinds over a real Redis: each item is a request of its kind, and fails alone."""

import json
import uuid
from datetime import date

import pytest
import redis

from common.domain.errors import ForecastFailed
from common.domain.kinds import KINDS, CostClass
from common.domain.progress import WorkProgress
from common.redis.requests.results import Result
from common.redis.requests.stored_questions import parse_question, parse_question_for_display
from common.redis.schema.keys import result_key
from common.redis.schema.lifetimes import MOST_LONG_WAITING_OF_CLIENT
from tests.integration.project import countdown
from tests.integration.webserver.test_api import NOWHERE, RESULT, VERSION, check_problem, client_of

URL = "/api/v1/batches"
FORECAST = {"kind": "forecast", "ticker": "AAPL", "days": 30}
ALL_KINDS = "countdown, evaluation, forecast, pattern_search or report"
COUNTDOWN = {"kind": "countdown", "ticker": "MSFT", "steps": 3}


@pytest.fixture(autouse=True)
def _setting(monkeypatch):
    """Add a kind of long work; leases expire only by the test."""
    monkeypatch.setattr("common.redis.schema.lifetimes.LEASE_MS", 10_000_000)
    monkeypatch.setitem(KINDS, countdown.COUNTDOWN.name, countdown.COUNTDOWN)


@pytest.fixture
def client(redis_url, redis_stores):
    redis_stores.capacity.advertise("service", 1, CostClass.LONG)
    with client_of(redis_url, NOWHERE, 300) as client:
        yield client


def submit(client, *requests, **more):
    return client.post(URL, json={"requests": requests} | more)


def claims(redis_stores):
    """Claim what has begun; return the order of each kind."""
    return {order.question.kind: order for order in redis_stores.attempts.reclaim(100)}


def finish(redis_stores, order, result=RESULT):
    redis_stores.attempts.begin(order, "forecasting")
    assert redis_stores.attempts.finish(order, result_key(order.question, VERSION, date(2013, 3, 1)), result)


def countdowns(count):
    return [COUNTDOWN | {"steps": steps} for steps in range(count)]


def test_each_item_is_a_request_of_its_kind(client):
    answer = submit(client, FORECAST, COUNTDOWN)
    assert (answer.status_code, answer.json["status"], answer.json["counts"]) == (202, "running", {"accepted": 2})
    assert answer.headers["Location"] == answer.json["url"]
    first, second = answer.json["requests"]
    assert (first["kind"], first["ticker"], second["kind"], second["ticker"]) == (
        "forecast",
        "AAPL",
        *["countdown", "MSFT"],
    )
    assert first["url"] == f"/api/v1/forecasts/{first['request_id']}"
    assert second["url"] == f"/api/v1/countdowns/{second['request_id']}"
    assert [client.get(one["url"]).json["status"] for one in (first, second)] == ["accepted", "accepted"]
    assert client.get(answer.json["url"]).json["requests"] == answer.json["requests"]


def test_an_item_without_a_kind_is_a_forecast(client):
    (only,) = submit(client, {"ticker": "AAPL", "days": 30}).json["requests"]
    assert (only["kind"], only["status"]) == ("forecast", "accepted")


@pytest.mark.parametrize(
    ("bad", "code", "detail"),
    [
        ({"kind": "contdown", "ticker": "AAPL"}, "invalid_request", "Unknown kind contdown. Did you mean countdown?"),
        ({"kind": 3, "ticker": "AAPL"}, "invalid_request", f"kind must be {ALL_KINDS}; you sent 3."),
        ({"kind": None}, "invalid_request", f"kind must be {ALL_KINDS}; you sent null."),
        ({"ticker": "../x", "days": 3}, "invalid_ticker", None),
        ({"ticker": "AAPL"}, "invalid_days", "days is missing. It must be a whole number from 1 to 10000, such as 30."),
        (COUNTDOWN | {"steps": "3"}, "invalid_request", None),
        (COUNTDOWN | {"colour": "red"}, "invalid_request", None),
        (COUNTDOWN | {"request_id": str(uuid.uuid4())}, "invalid_request", None),
        ({}, "invalid_ticker", None),
    ],
)
def test_a_bad_item_costs_itself(client, bad, code, detail):
    answer = submit(client, bad, FORECAST).json
    refused, good = answer["requests"]
    assert (refused["status"], refused["code"], refused["request_id"]) == ("failed", code, None)
    assert refused["detail"]
    assert detail in {None, refused["detail"]}
    assert good["status"] == "accepted"
    assert client.get(answer["url"]).json["requests"] == answer["requests"]


def test_equal_items_share_one_request(client, redis_stores):
    answer = submit(client, FORECAST, FORECAST | {"ticker": "aapl", "level": 0.8}, COUNTDOWN, COUNTDOWN).json
    ids = [one["request_id"] for one in answer["requests"]]
    assert (ids[0], ids[2]) == (ids[1], ids[3])
    assert len(redis_stores.attempts.reclaim(10)) == 2


def test_long_work_of_a_batch_waits_in_the_queue_of_long_work(client, redis_stores):
    batch = submit(client, *countdowns(3)).json
    alone = client.post("/api/v1/countdowns", json={"ticker": "MSFT", "steps": 9}, headers={"Prefer": "wait=0"}).json
    begun = []
    while orders := redis_stores.attempts.reclaim(10):
        (order,) = orders
        begun.append(order.request_id)
        redis_stores.attempts.fail(order, ForecastFailed())
    assert begun == [*[one["request_id"] for one in batch["requests"]], alone["request_id"]]
    assert client.get(batch["url"]).json["counts"] == {"failed": 3}


def test_long_work_beyond_the_limit_of_a_client_fails_alone(client, redis_stores):
    batch = submit(client, FORECAST, *countdowns(MOST_LONG_WAITING_OF_CLIENT + 3)).json
    failed = [one for one in batch["requests"] if one["status"] == "failed"]
    assert {one["code"] for one in failed} == {"busy"}
    assert "wait" in failed[0]["detail"]
    assert batch["counts"] == {"accepted": 1 + MOST_LONG_WAITING_OF_CLIENT, "failed": 3}
    assert claims(redis_stores).keys() == {"forecast", "countdown"}


def test_the_progress_of_each_request_is_shown(client, redis_stores):
    url = submit(client, FORECAST, COUNTDOWN).json["url"]
    order = claims(redis_stores)["countdown"]
    redis_stores.attempts.begin(order, "forecasting")
    redis_stores.attempts.report(order, WorkProgress(0.5, "step 2 of 3"))
    shown = client.get(url).json["requests"][1]
    assert (shown["status"], shown["progress"], shown["step"]) == ("computing", 0.5, "step 2 of 3")


def test_a_batch_returns_the_results_of_every_kind(client, redis_stores):
    url = submit(client, FORECAST, COUNTDOWN, {"kind": "?"}).json["url"]
    orders = claims(redis_stores)
    finish(redis_stores, orders["forecast"])
    finish(redis_stores, orders["countdown"], Result(b'{"steps": 3}', b""))
    answer = client.get(f"{url}?results=true")
    assert answer.json["status"] == "ended"
    assert [one["result"] for one in answer.json["requests"]] == [json.loads(RESULT.body), {"steps": 3}, None]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("query", ["format=csv", "fields=days", "picture=true"])
def test_a_csv_and_fields_are_for_batches_of_forecasts_alone(client, query):
    mixed, same = submit(client, FORECAST, COUNTDOWN).json["url"], submit(client, FORECAST, {"kind": "?"}).json["url"]
    for answer in (client.get(f"{mixed}?{query}"), client.post(f"{URL}?{query}", json={"requests": [COUNTDOWN]})):
        check_problem(answer, 400, "invalid_request")
        assert "countdown" in answer.json["detail"]
    assert client.get(f"{same}?{query}").status_code == 200


def test_a_batch_of_any_kinds_can_be_cancelled(client, redis_stores):
    batch = submit(client, FORECAST, *countdowns(4)).json
    finish(redis_stores, claims(redis_stores)["forecast"])
    ended = client.delete(batch["url"]).json
    assert (ended["status"], ended["counts"]) == ("ended", {"done": 1, "cancelled": 4})
    assert redis_stores.attempts.reclaim(100) == []


def test_the_same_id_and_body_give_the_same_batch_and_another_body_is_a_conflict(client, redis_stores):
    batch_id = str(uuid.uuid4())
    first = submit(client, FORECAST, COUNTDOWN, {"kind": "?"}, request_id=batch_id).json
    again = submit(client, FORECAST | {"ticker": "aapl"}, COUNTDOWN, {"kind": "?"}, request_id=batch_id).json
    assert again["requests"] == first["requests"]
    assert again["batch_id"] == batch_id
    check_problem(submit(client, COUNTDOWN, request_id=batch_id), 409, "request_conflict")
    check_problem(
        client.post("/api/v1/forecasts:batch", json={"tickers": ["A"], "days": 3, "request_id": batch_id}),
        409,
        "request_conflict",
    )


def test_a_batch_counts_once_for_each_item(client):
    answer = submit(client, *countdowns(40))
    assert answer.headers["RateLimit"].startswith('"client-60s";r=5960;')


@pytest.mark.parametrize(
    "body", [{}, {"requests": []}, {"requests": [3]}, {"requests": [FORECAST] * 101}, {"items": []}]
)
def test_an_invalid_body_is_refused(client, body):
    check_problem(client.post(URL, json=body), 400, "invalid_request")


def test_the_deadline_includes_the_long_work_that_waits_before(client):
    alone = submit(client, *countdowns(1)).json["deadline_in_ms"]
    after = submit(client, *[COUNTDOWN | {"steps": 100 + steps} for steps in range(3)]).json["deadline_in_ms"]
    assert 115_000 < alone <= 120_000
    assert 355_000 < after <= 360_000


def test_a_version_without_the_kind_still_shows_the_batch(client, redis_stores, monkeypatch):
    url = submit(client, FORECAST, COUNTDOWN).json["url"]
    monkeypatch.delitem(KINDS, "countdown")
    parse_question.cache_clear()
    parse_question_for_display.cache_clear()
    first, second = client.get(url).json["requests"]
    assert (first["kind"], first["status"]) == ("forecast", "accepted")
    assert (second["kind"], second["ticker"], second["status"]) == (None, "MSFT", "accepted")


@pytest.mark.parametrize("damaged", ['{"requests": 3}', '{"requests": [3]}', '{"requests": [{"refused": 3}]}'])
def test_a_damaged_batch_is_a_failure_with_advice(client, redis_url, damaged):
    batch = submit(client, FORECAST).json
    with redis.Redis.from_url(redis_url) as store:
        store.hset(f"batch:{batch['batch_id']}", "asked", damaged)
    answer = client.get(batch["url"])
    assert answer.json["code"] == "forecast_failed"
