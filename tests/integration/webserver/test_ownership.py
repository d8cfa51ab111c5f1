"""Whose forecast it is: with accounts, another account's forecast does not exist, unless it is shared."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from common.domain.access import Scope
from common.domain.questions import ForecastQuestion
from common.redis.requests.results import Result
from common.redis.schema.keys import result_key
from common.rpc.messages import Order
from tests.integration.webserver.test_access import MODES, World, add_token, bearer, make_app, world
from tests.integration.webserver.test_prices_api import check_problem

__all__ = ["world"]
FORECASTS = "/api/v1/forecasts"
BODY = {"ticker": "AAPL", "days": 30}
QUESTION = ForecastQuestion(ticker="AAPL", days=30)
FINISHED = Result(b'{"ticker": "AAPL", "chances": {}}', b"png", b"svg")
NOW_ANSWERED = {"Prefer": "respond-async"}
ASKING = (Scope.READ, Scope.FORECAST)


@pytest.fixture
def people(world: World):
    """The credentials of two accounts."""
    ids = [world.ids["person"], world.ids["admin"]]
    return [bearer(add_token(world.store, account_id, ASKING)[1]) for account_id in ids]


@pytest.fixture
def processes(world, redis_url):
    """Two processes of the web server, each with its own caches."""
    return [make_app(world, redis_url, auth="on").test_client(use_cookies=False) for _ in range(2)]


@pytest.fixture
def client(processes):
    return processes[0]


def ask(client, headers, body=None):
    """Ask for a forecast, which no service works on, and return its id."""
    request_id = str(uuid4())
    answer = client.post(FORECASTS, json=(body or BODY) | {"request_id": request_id}, headers=headers | NOW_ANSWERED)
    assert answer.status_code == 202, answer.text
    return request_id


def finish(redis_stores, request_id):
    """End a request with a result."""
    order = Order(question=QUESTION, request_id=request_id, attempt=1, budget_ms=10_000)
    assert redis_stores.attempts.begin(order, "forecasting") > 0
    assert redis_stores.attempts.finish(order, result_key(QUESTION, "1" * 64, date(2026, 1, 2)), FINISHED)


def paths_of(request_id):
    """Every way to read a forecast by its id."""
    one = f"{FORECASTS}/{request_id}"
    return [one, f"{one}/events", f"{one}/chances?above=1", f"{one}/plot.png", f"{one}/plot.svg"]


@pytest.mark.parametrize("is_finished", [False, True])
def test_another_account_can_neither_read_nor_cancel_nor_share(client, people, redis_stores, is_finished):
    owner, other = people
    request_id = ask(client, owner)
    if is_finished:
        finish(redis_stores, request_id)
    assert client.get(f"{FORECASTS}/{request_id}", headers=owner).json["status"] == (
        "done" if is_finished else "accepted"
    )
    for path in paths_of(request_id):
        check_problem(client.get(path, headers=other), 404, "not_found")
    check_problem(client.delete(f"{FORECASTS}/{request_id}", headers=other), 404, "not_found")
    check_problem(client.post(f"{FORECASTS}/{request_id}:share", headers=other), 404, "not_found")
    assert redis_stores.requests.read(request_id).status == ("done" if is_finished else "accepted")
    assert client.delete(f"{FORECASTS}/{request_id}", headers=owner).json["status"] == (
        "done" if is_finished else "cancelled"
    )


def test_an_id_of_another_account_cannot_be_used_again(client, people):
    owner, other = people
    request_id = ask(client, owner)
    again = BODY | {"request_id": request_id}
    check_problem(client.post(FORECASTS, json=again, headers=other | NOW_ANSWERED), 409, "request_conflict")
    assert client.post(FORECASTS, json=again, headers=owner | NOW_ANSWERED).status_code == 202


def test_equal_questions_of_two_accounts_share_the_work_and_not_the_id(client, people, redis_stores):
    owner, other = people
    first, second = ask(client, owner), ask(client, other)
    finish(redis_stores, first)
    assert client.get(f"{FORECASTS}/{second}", headers=other).json["status"] == "done"
    check_problem(client.get(f"{FORECASTS}/{second}", headers=owner), 404, "not_found")


@pytest.mark.parametrize("is_finished", [False, True])
def test_a_shared_forecast_is_read_by_all_who_may_read_and_cancelled_by_its_owner_only(
    processes, people, redis_stores, monkeypatch, is_finished
):
    monkeypatch.setattr("webserver.requests.record_cache.TRUSTED_FOR_S", 0.2)  # the other process has it in its cache
    (owner, other), client = people, processes[0]
    request_id = ask(client, owner)
    if is_finished:
        finish(redis_stores, request_id)
    for process in processes:  # both have the record in their caches
        process.get(f"{FORECASTS}/{request_id}", headers=owner)
    assert client.post(f"{FORECASTS}/{request_id}:share", headers=owner).status_code == 204
    for process in processes:
        assert process.get(f"{FORECASTS}/{request_id}", headers=other).status_code == 200
    check_problem(client.get(f"{FORECASTS}/{request_id}"), 401, "unauthenticated")
    check_problem(client.delete(f"{FORECASTS}/{request_id}", headers=other), 404, "not_found")
    assert client.post(f"{FORECASTS}/{request_id}:unshare", headers=owner).status_code == 204
    for process in processes:
        check_problem(process.get(f"{FORECASTS}/{request_id}", headers=other), 404, "not_found")


FORECAST_BATCH = (f"{FORECASTS}:batch", {"tickers": ["AAPL", "MSFT"], "days": 30}, "forecasts")
REQUEST_BATCH = (
    "/api/v1/batches",
    {"requests": [BODY, {"kind": "evaluation", "ticker": "AAPL", "models": ["drift"]}]},
    "requests",
)


@pytest.mark.usefixtures("redis_stores")
@pytest.mark.parametrize("kind", [FORECAST_BATCH, REQUEST_BATCH])
def test_a_batch_belongs_to_its_account(client, people, kind):
    (path, asked, entries), (owner, other) = kind, people
    body = asked | {"request_id": str(uuid4())}
    batch = client.post(path, json=body, headers=owner).json
    check_problem(client.get(batch["url"], headers=other), 404, "not_found")
    check_problem(client.get(batch["url"] + "?results=true", headers=other), 404, "not_found")
    check_problem(client.delete(batch["url"], headers=other), 404, "not_found")
    check_problem(client.post(path, json=body, headers=other), 409, "request_conflict")
    for entry in batch[entries]:
        check_problem(client.get(entry["url"], headers=other), 404, "not_found")
        assert client.get(entry["url"], headers=owner).status_code == 200
    assert client.post(path, json=body, headers=owner).json["batch_id"] == batch["batch_id"]
    cancelled = client.delete(batch["url"], headers=owner).json
    assert {entry["status"] for entry in cancelled[entries]} == {"cancelled"}


def test_with_public_reading_nobody_sees_the_forecast_of_an_account(world, redis_url, people):
    client = make_app(world, redis_url, **MODES["on, public"]).test_client(use_cookies=False)
    owner, other = people
    request_id = ask(client, owner)
    for path in paths_of(request_id):
        check_problem(client.get(path), 404, "not_found")
    check_problem(client.delete(f"{FORECASTS}/{request_id}"), 404, "not_found")
    check_problem(client.post(f"{FORECASTS}/{request_id}:share"), 404, "not_found")
    check_problem(client.get(f"{FORECASTS}/{request_id}", headers=other), 404, "not_found")


def test_with_public_reading_the_id_of_an_anonymous_forecast_is_enough(world, redis_url, people, redis_stores):
    client = make_app(world, redis_url, **MODES["on, public"]).test_client(use_cookies=False)
    body = BODY | {"days": 33}
    answer = client.post(FORECASTS, json=body, headers=NOW_ANSWERED)
    request_id = answer.json["request_id"]
    assert answer.headers["Location"].endswith(request_id), "the server made the id: 122 random bits"
    running = ask(client, {}, body)
    asked = ForecastQuestion(ticker="AAPL", days=33)
    redis_stores.attempts.finish(
        Order(question=asked, request_id=request_id, attempt=1, budget_ms=10_000),
        result_key(asked, "1" * 64, date(2026, 1, 2)),
        FINISHED,
    )
    one = f"{FORECASTS}/{request_id}"
    for path in (one, f"{one}/events", f"{one}/plot.png"):
        for headers in ({}, people[0]):
            assert client.get(path, headers=headers).status_code == 200, path
    check_problem(client.delete(f"{FORECASTS}/{running}", headers=people[0]), 404, "not_found")
    assert client.delete(f"{FORECASTS}/{running}").status_code == 200
    batch = client.post(f"{FORECASTS}:batch", json={"tickers": ["MSFT"], "days": 30}).json
    assert client.get(batch["url"]).status_code == 200
    assert client.get(batch["forecasts"][0]["url"]).status_code == 200


@pytest.mark.parametrize("mode", ["off", "open"])
def test_without_accounts_every_id_works_for_everybody(world, redis_url, redis_stores, mode):
    client = make_app(world, redis_url, auth=mode).test_client(use_cookies=False)
    request_id = ask(client, world.credentials["write token"])
    assert redis_stores.requests.read(request_id).owner == ""
    assert client.get(f"{FORECASTS}/{request_id}").status_code == 200
    assert client.delete(f"{FORECASTS}/{request_id}").json["status"] == "cancelled"


def test_a_forecast_from_before_the_accounts_stays_readable(client, people, redis_stores):
    request_id = str(uuid4())
    redis_stores.requests.accept(request_id, QUESTION, 10_000)
    for headers in people:
        assert client.get(f"{FORECASTS}/{request_id}", headers=headers).status_code == 200
        check_problem(client.delete(f"{FORECASTS}/{request_id}", headers=headers), 404, "not_found")


def test_events_are_streamed_to_the_owner(client, people):
    owner, other = people
    request_id = ask(client, owner)
    check_problem(client.get(f"{FORECASTS}/{request_id}/events", headers=other), 404, "not_found")
    client.delete(f"{FORECASTS}/{request_id}", headers=owner)
    assert "event: end" in client.get(f"{FORECASTS}/{request_id}/events", headers=owner).text
