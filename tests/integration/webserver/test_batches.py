"""Batches over a real Redis. Each ticker of a batch is a request, which starts when there is capacity."""

import csv
import gzip
import io
import json
import uuid
from datetime import date

import pytest
import redis

from common.domain.errors import UnknownTicker
from common.domain.questions import ForecastQuestion
from common.domain.results import QUANTILE_NAMES
from common.redis.price_notes import PricesPointer
from common.redis.requests.results import Result
from common.redis.schema.keys import result_key
from tests.integration.webserver.test_api import NOWHERE, RESULT, VERSION, check_problem, client_of
from webserver.batches.questions import BatchQuestion
from webserver.batches.service import Batches
from webserver.request_deadlines import SECONDS_A_TICKER, RequestDeadlines
from webserver.requests.record_cache import RecordCache
from webserver.requests.request_access import RequestAccess

URL = "/api/v1/forecasts:batch"
AT_ONCE = 8
DEADLINE_S = 300


@pytest.fixture(autouse=True)
def _leases_expire_only_by_the_test(monkeypatch):
    monkeypatch.setattr("common.redis.schema.lifetimes.LEASE_MS", 10_000_000)


@pytest.fixture
def client(redis_url, redis_stores):
    with client_of(redis_url, NOWHERE, DEADLINE_S) as client:
        yield client


def tickers(count):
    return [f"T{number}" for number in range(count)]


def finish(redis_stores, order, result=RESULT):
    redis_stores.attempts.begin(order, "forecasting")
    assert redis_stores.attempts.finish(order, result_key(order.question, VERSION, date(2013, 3, 1)), result)


def statuses(client, url):
    return {entry["ticker"]: entry["status"] for entry in client.get(url).json["forecasts"]}


def test_each_ticker_of_a_batch_is_a_request(client):
    answer = client.post(URL, json={"tickers": ["aapl", "MSFT"], "days": 30, "level": 0.9})
    assert (answer.status_code, answer.json["status"], answer.json["counts"]) == (202, "running", {"accepted": 2})
    assert answer.headers["Location"] == answer.json["url"] == f"/api/v1/batches/{answer.json['batch_id']}"
    first, second = answer.json["forecasts"]
    assert first["request_id"] == str(uuid.uuid5(uuid.UUID(answer.json["batch_id"]), "AAPL"))
    assert (first["ticker"], second["ticker"]) == ("AAPL", "MSFT")
    alone = client.get(first["url"]).json
    assert (alone["ticker"], alone["days"], alone["status"]) == ("AAPL", 30, "accepted")
    followed = client.get(answer.headers["Location"]).json
    assert followed["forecasts"] == answer.json["forecasts"]


def test_eight_requests_of_batches_run_and_each_end_starts_another(client, redis_stores):
    asked = [client.post(URL, json={"tickers": tickers(20), "days": days}).json for days in (30, 31)]
    begun = redis_stores.attempts.reclaim(100)
    assert [order.attempt for order in begun] == [1] * AT_ONCE
    assert redis_stores.attempts.reclaim(100) == []
    finish(redis_stores, begun[0])
    redis_stores.attempts.fail(begun[1], UnknownTicker())
    later = redis_stores.attempts.reclaim(100)
    assert len(later) == 2
    orders = [*begun[2:], *later]
    ended = 2
    while orders:
        finish(redis_stores, orders.pop())
        ended += 1
        orders += redis_stores.attempts.reclaim(100)
    assert ended == 40
    ends = [client.get(batch["url"]).json for batch in asked]
    assert [end["status"] for end in ends] == ["ended", "ended"]
    assert [end["counts"] for end in ends] == [{"done": 19, "failed": 1}, {"done": 20}]
    codes = {entry["ticker"]: entry["code"] for entry in ends[0]["forecasts"]}
    assert codes[begun[1].ticker] == "unknown_ticker"
    assert client.get(ends[1]["forecasts"][0]["url"]).json["predicted_price"] == 424.1


def take_turns(redis_stores, count):
    """Claim and finish at least ``count`` requests in turn; return their tickers in that order."""
    ended = []
    while len(ended) < count:
        orders = redis_stores.attempts.reclaim(100)
        assert orders, "no request of a batch began"
        for order in orders:
            finish(redis_stores, order)
        ended += [order.ticker for order in orders]
    return ended


def post_from(client, address, body):
    answer = client.post(URL, json=body, environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == 202
    return answer.json


def test_a_small_batch_does_not_wait_for_many_batches_of_another_client(client, redis_stores):
    for days in range(30, 60):
        post_from(client, "10.0.0.1", {"tickers": tickers(100), "days": days})
    small = post_from(client, "10.0.0.2", {"tickers": ["AAPL", "MSFT"], "days": 30})
    ended = take_turns(redis_stores, AT_ONCE + 4)
    assert {"AAPL", "MSFT"} <= set(ended)
    assert client.get(small["url"]).json["counts"] == {"done": 2}


def test_a_small_batch_does_not_wait_for_the_large_ones_of_the_same_client(client, redis_stores):
    for days in range(30, 40):
        post_from(client, "10.0.0.1", {"tickers": tickers(100), "days": days})
    small = post_from(client, "10.0.0.1", {"tickers": ["AAPL", "MSFT"], "days": 30})
    take_turns(redis_stores, AT_ONCE + 2 * 11)
    assert client.get(small["url"]).json["counts"] == {"done": 2}


def test_a_client_with_many_batches_gets_as_many_turns_as_one_with_one_batch(client, redis_stores):
    for days in range(30, 40):
        post_from(client, "10.0.0.1", {"tickers": tickers(20), "days": days})
    post_from(client, "2001:db8::1", {"tickers": [f"B{number}" for number in range(20)], "days": 30})
    ended = take_turns(redis_stores, 48)[AT_ONCE:]
    assert sum(ticker.startswith("B") for ticker in ended) == 20


def test_the_deadline_of_a_batch_includes_the_requests_before_it(client):
    first = post_from(client, "10.0.0.1", {"tickers": tickers(100), "days": 30})
    second = post_from(client, "10.0.0.2", {"tickers": ["AAPL"], "days": 30})
    waiting_ms = (100 - AT_ONCE) * SECONDS_A_TICKER * 1000
    own_ms = (DEADLINE_S + SECONDS_A_TICKER) * 1000
    assert own_ms + waiting_ms - 100_000 < second["deadline_in_ms"] <= own_ms + waiting_ms
    assert first["deadline_in_ms"] <= (DEADLINE_S + 100 * SECONDS_A_TICKER) * 1000


def test_no_deadline_of_a_batch_exceeds_an_hour(client):
    for days in range(30, 50):
        last = post_from(client, "10.0.0.1", {"tickers": tickers(100), "days": days})
    assert last["deadline_in_ms"] <= 3_600_000


def test_batch_queues_expire_and_are_deleted_when_all_requests_have_ended(client, redis_stores, redis_url):
    queues = ("batch_clients", "client_batches:*", "batch_requests:*", "batch_waiting")
    with redis.Redis.from_url(redis_url) as store:
        for address in ("10.0.0.1", "10.0.0.2"):
            post_from(client, address, {"tickers": tickers(20), "days": 30 + int(address[-1])})
        ended = take_turns(redis_stores, 10)
        waiting = [key for pattern in queues for key in store.keys(pattern)]
        assert len(waiting) == 6
        assert all(0 < store.pttl(key) <= 7_200_000 for key in waiting)
        take_turns(redis_stores, 40 - len(ended))
        assert [key for pattern in queues[:3] for key in store.keys(pattern)] == []
        assert store.get("batch_waiting") == b"0"


def test_a_partly_lost_queue_does_not_stop_other_batches(client, redis_stores, redis_url):
    batches = [post_from(client, f"10.0.0.{n}", {"tickers": tickers(20), "days": 30 + n}) for n in range(3)]
    with redis.Redis.from_url(redis_url) as store:
        store.delete(f"batch_requests:{batches[0]['batch_id']}", "client_batches:10.0.0.1", "batch_waiting")
    take_turns(redis_stores, AT_ONCE + 20)
    assert client.get(batches[2]["url"]).json["counts"] == {"done": 20}


def test_vanished_running_requests_do_not_stop_the_batch(client, redis_stores, redis_url):
    batch = post_from(client, "10.0.0.1", {"tickers": tickers(AT_ONCE + 2), "days": 30})
    with redis.Redis.from_url(redis_url) as store:
        for order in redis_stores.attempts.reclaim(AT_ONCE):
            store.delete(f"request:{order.request_id}")
            store.zadd("batched", {order.request_id: 1})  # its deadline has passed
    take_turns(redis_stores, 2)
    assert client.get(batch["url"]).json["counts"] == {"failed": AT_ONCE, "done": 2}


def test_requests_queued_by_the_previous_version_are_started(client, redis_stores, redis_url):
    batch = post_from(client, "10.0.0.1", {"tickers": tickers(AT_ONCE + 2), "days": 30})
    with redis.Redis.from_url(redis_url) as store:
        for request_id in store.lrange(f"batch_requests:{batch['batch_id']}", 0, -1):
            store.rpush("batch_queue", request_id)
        store.delete("batch_clients", "client_batches:10.0.0.1", f"batch_requests:{batch['batch_id']}")
    take_turns(redis_stores, AT_ONCE + 2)
    assert client.get(batch["url"]).json["status"] == "ended"


def test_a_batch_has_time_for_all_requests_and_each_started_request_for_one(client, redis_stores):
    answer = client.post(URL, json={"tickers": tickers(100), "days": 30}).json
    whole_ms = (DEADLINE_S + 100 * SECONDS_A_TICKER) * 1000
    assert whole_ms - DEADLINE_S * 500 < answer["deadline_in_ms"] <= whole_ms
    begun = redis_stores.attempts.reclaim(100)
    assert all(DEADLINE_S * 500 < order.budget_ms <= DEADLINE_S * 1000 for order in begun)
    assert client.get(answer["url"]).json["counts"] == {"accepted": 100}


def test_a_lost_request_of_a_batch_is_requeued(client, redis_stores):
    client.post(URL, json={"tickers": ["AAPL"], "days": 30})
    attempts = []
    for _ in range(4):
        for order in redis_stores.attempts.reclaim(10):
            attempts.append(order.attempt)
            redis_stores.attempts.requeue(order)
    assert attempts == [1, 2, 3]


def test_repeated_tickers_count_once_and_invalid_ones_fail_alone(client):
    answer = client.post(URL, json={"tickers": ["aapl", "AAPL", "../x", "", "<svg>"], "days": 30}).json
    assert [entry["ticker"] for entry in answer["forecasts"]] == ["AAPL", "../x", "", "<svg>"]
    bad = answer["forecasts"][1]
    assert (bad["status"], bad["code"], bad["request_id"]) == ("failed", "invalid_ticker", None)
    assert answer["counts"] == {"accepted": 1, "failed": 3}


def test_a_batch_of_invalid_tickers_has_ended_at_once(client):
    answer = client.post(URL, json={"tickers": [".."], "days": 30})
    assert (answer.status_code, answer.json["status"]) == (200, "ended")


@pytest.mark.parametrize("header", [False, True])
def test_the_same_id_and_body_give_the_same_batch_and_another_body_is_a_conflict(client, redis_stores, header):
    batch_id = str(uuid.uuid4())
    named = {} if header else {"request_id": batch_id}
    headers = {"Idempotency-Key": batch_id} if header else {}
    body = {"tickers": ["AAPL", "MSFT"], "days": 30, **named}
    first = client.post(URL, json=body, headers=headers)
    finish(redis_stores, redis_stores.attempts.reclaim(1)[0])
    again = client.post(URL, json=body | {"tickers": ["aapl", "msft", "AAPL"]}, headers=headers)
    assert first.json["batch_id"] == again.json["batch_id"] == batch_id
    assert again.json["counts"] == {"done": 1, "accepted": 1}
    check_problem(client.post(URL, json=body | {"days": 31}, headers=headers), 409, "request_conflict")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"tickers": [], "days": 30}, "invalid_request"),
        ({"tickers": tickers(101), "days": 30}, "invalid_request"),
        ({"tickers": "AAPL", "days": 30}, "invalid_request"),
        ({"tickers": [1], "days": 30}, "invalid_request"),
        ({"tickers": ["x" * 65], "days": 30}, "invalid_request"),
        ({"days": 30}, "invalid_request"),
        ({"tickers": ["AAPL"]}, "invalid_days"),
        ({"tickers": ["AAPL"], "days": 0}, "invalid_days"),
        ({"tickers": ["AAPL"], "days": 30, "level": 1}, "invalid_request"),
        ([], "invalid_request"),
    ],
)
def test_an_invalid_batch_is_refused(client, body, code):
    check_problem(client.post(URL, json=body), 400, code)


def test_a_batch_with_finished_results_has_ended_at_once(client, redis_stores):
    redis_stores.price_notes.set_prices_pointer("AAPL", PricesPointer(VERSION, date(2013, 3, 1)), 60_000)
    client.post(URL, json={"tickers": ["AAPL"], "days": 30})
    finish(redis_stores, redis_stores.attempts.reclaim(1)[0])
    answer = client.post(URL, json={"tickers": ["AAPL"], "days": 30})
    assert (answer.status_code, answer.json["counts"]) == (200, {"done": 1})


class NewerQuestion(BatchQuestion):
    """The question of a later version's batch, with one more field."""

    currency: str = "own"


def test_a_new_field_with_its_default_does_not_change_a_batch(client, redis_stores, monkeypatch):
    body = {"tickers": ["A", "B"], "days": 30, "request_id": str(uuid.uuid4())}
    batch = client.post(URL, json=body).json
    batches = Batches(
        redis_stores,
        RequestAccess(redis_stores, RecordCache(redis_stores.requests.read_all, redis_stores.requests.check_unchanged)),
        RequestDeadlines.from_seconds(30.0),
    )
    monkeypatch.setattr("webserver.batches.questions.BatchQuestion", NewerQuestion)
    asked = NewerQuestion(tickers=["A", "B"], days=30)
    again = batches.submit(body["request_id"], asked, "somebody")
    assert {record.request_id for record in again.records} == {one["request_id"] for one in batch["forecasts"]}
    newest = str(uuid.uuid4())
    batches.submit(newest, asked, "somebody")
    assert client.post(URL, json=body | {"request_id": newest}).status_code == 202
    assert asked.model_copy(update={"currency": "USD"}).text != asked.text


@pytest.mark.parametrize(
    "damaged", [b"\xff", "", "[]", '{"tickers": ["A"]}', '{"tickers": ["A"], "days": 3, "model": "?"}']
)
def test_a_damaged_batch_is_a_failure_with_advice(client, redis_url, damaged):
    batch = client.post(URL, json={"tickers": ["A"], "days": 30}).json
    with redis.Redis.from_url(redis_url) as store:
        store.hset(f"batch:{batch['batch_id']}", "asked", damaged)
    for answer in (client.get(batch["url"]), client.delete(batch["url"])):
        assert answer.json["code"] == "forecast_failed"
        assert "again" in answer.json["detail"]


def test_a_batch_joins_a_request_under_way(client, redis_stores):
    redis_stores.requests.accept(str(uuid.uuid4()), ForecastQuestion(ticker="AAPL", days=30), 30_000)
    answer = client.post(URL, json={"tickers": ["AAPL", "MSFT"], "days": 30}).json
    assert [order.ticker for order in redis_stores.attempts.reclaim(10)] == ["MSFT"]
    assert statuses(client, answer["url"])["AAPL"] == "accepted"


def test_a_batch_can_be_cancelled(client, redis_stores):
    answer = client.post(URL, json={"tickers": tickers(20), "days": 30}).json
    finish(redis_stores, redis_stores.attempts.reclaim(1)[0])
    ended = client.delete(answer["url"]).json
    assert (ended["status"], ended["counts"]) == ("ended", {"done": 1, "cancelled": 19})
    assert redis_stores.attempts.reclaim(100) == []


def test_a_request_that_never_starts_ends_at_the_deadline(redis_url, redis_stores, monkeypatch):
    monkeypatch.setattr("webserver.request_deadlines.SECONDS_A_TICKER", -0.999)
    with client_of(redis_url, NOWHERE, deadline_s=1) as client:
        url = client.post(URL, json={"tickers": ["AAPL"], "days": 30}).json["url"]
        while (batch := client.get(url).json)["status"] == "running":
            pass
    assert batch["forecasts"][0]["code"] == "deadline_exceeded"


@pytest.fixture
def ended_batch(client, redis_stores):
    """The address of an ended batch with a forecast, an unknown ticker and an invalid ticker."""
    url = client.post(URL, json={"tickers": ["AAPL", "NOPE", "=1+1"], "days": 30}).json["url"]
    for order in redis_stores.attempts.reclaim(10):
        if order.ticker == "NOPE":
            redis_stores.attempts.fail(order, UnknownTicker())
        else:
            finish(redis_stores, order)
    return url


def test_a_batch_returns_its_results_on_request(client, ended_batch):
    plain = client.get(ended_batch).json
    answer = client.get(f"{ended_batch}?results=true")
    done, unknown, wrong = answer.json.pop("forecasts")
    assert done.pop("result") == {"ticker": "AAPL", "days": 30, "predicted_price": 424.1}
    assert (unknown.pop("result"), wrong.pop("result")) == (None, None)
    assert [done, unknown, wrong] == plain["forecasts"]
    assert answer.json["counts"] == plain["counts"] == {"done": 1, "failed": 2}
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_results_of_a_batch_have_the_selected_fields(client, ended_batch):
    def first(query):
        return client.get(f"{ended_batch}?{query}").json["forecasts"][0]["result"]

    assert first("fields=predicted_price,interval") == {"predicted_price": 424.1}
    assert set(first("picture=true")) == {"ticker", "days", "predicted_price", "plot_png_base64"}
    check_problem(client.get(f"{ended_batch}?fields=price"), 400, "invalid_request")
    check_problem(client.get(f"{ended_batch}?results=yes"), 400, "invalid_request")


@pytest.mark.parametrize(
    ("query", "accept", "named"),
    [
        ("format=csv&picture=true", "*/*", "picture=true and format=csv"),
        ("picture=true", "text/csv", "picture=true and Accept: text/csv"),
        ("results=false&format=csv", "*/*", "results=false and format=csv"),
        ("results=false", "text/csv", "results=false and Accept: text/csv"),
        ("results=false&fields=days", "*/*", "results=false and fields"),
        ("results=false&picture=true", "*/*", "results=false and picture=true"),
    ],
)
def test_contradicting_parameters_are_refused_by_name(client, ended_batch, query, accept, named):
    answer = client.get(f"{ended_batch}?{query}", headers={"Accept": accept})
    check_problem(answer, 400, "invalid_request")
    assert answer.json["detail"].startswith(f"{named} cannot be combined.")


@pytest.mark.parametrize("query", ["results=false", "results=false&format=json", "picture=false&format=csv"])
def test_parameters_that_agree_are_answered(client, ended_batch, query):
    assert client.get(f"{ended_batch}?{query}").status_code == 200


@pytest.mark.parametrize(("query", "accept"), [("?format=csv", "*/*"), ("", "text/csv"), ("?results=true", "text/csv")])
def test_a_batch_is_returned_as_csv_on_request(client, ended_batch, query, accept):
    answer = client.get(ended_batch + query, headers={"Accept": accept})
    assert answer.mimetype == "text/csv"
    head, *rows = list(csv.reader(io.StringIO(answer.text)))
    assert head[:8] == ["ticker", "status", "request_id", "code", "days", "target_date", "predicted_price", "currency"]
    assert [[row[0], row[1], row[3], row[6]] for row in rows] == [
        ["AAPL", "done", "", "424.1"],
        ["NOPE", "failed", "unknown_ticker", ""],
        ["'=1+1", "failed", "invalid_ticker", ""],
    ]


@pytest.mark.parametrize(
    "forecast", [{}, {"forecast": []}, {"forecast": [{"price": 4.0}]}, {"forecast": [{"quantiles": []}]}]
)
def test_quantile_columns_are_empty_where_a_result_has_none(client, redis_stores, forecast):
    assert set(quantile_cells(client, redis_stores, forecast)) == {""}


def test_the_csv_of_a_batch_ends_with_the_quantiles_of_the_target_date(client, redis_stores):
    days = [{"quantiles": [9.0] * 7}, {"quantiles": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]}]
    assert quantile_cells(client, redis_stores, {"forecast": days}) == ["1.0", "2.0", "3.0", "4.0", "5.0", "6.0", "7.0"]


def quantile_cells(client, redis_stores, forecast):
    """Return the quantile columns of a batch of one ticker with this result."""
    url = client.post(URL, json={"tickers": ["AAPL"], "days": 30}).json["url"]
    result = Result(json.dumps({"ticker": "AAPL", "days": 30} | forecast).encode(), RESULT.png, RESULT.svg_gzip)
    finish(redis_stores, redis_stores.attempts.reclaim(1)[0], result)
    head, row = csv.reader(io.StringIO(client.get(f"{url}?format=csv").text))
    assert head[-9:] == [*QUANTILE_NAMES, "field", "unit"]
    return row[-9:-2]


def test_the_csv_of_a_batch_has_the_selected_columns(client, ended_batch):
    answer = client.get(f"{ended_batch}?format=csv&fields=predicted_price,interval,ticker")
    columns = "ticker,status,request_id,code,predicted_price,interval.level,interval.lower,interval.upper"
    assert answer.text.splitlines()[0] == columns
    refused = client.get(f"{ended_batch}?format=csv&fields=series")
    check_problem(refused, 400, "invalid_request")
    assert refused.json["detail"] == "series cannot be a CSV column. Leave it out, or request JSON."


@pytest.mark.parametrize("query", ["results=true", "format=csv"])
def test_the_results_of_a_batch_are_compressed(client, ended_batch, query):
    url = f"{ended_batch}?{query}"
    packed = client.get(url, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == client.get(url).data


def test_a_lost_result_of_a_batch_is_reported_as_gone(client, ended_batch, redis_url):
    with redis.Redis.from_url(redis_url) as store:
        store.delete(*store.keys("result:*"))
    done = client.get(f"{ended_batch}?results=true").json["forecasts"][0]
    assert (done["status"], done["code"], done["result"]) == ("done", "not_found", None)
    assert client.get(f"{ended_batch}?format=csv").text.splitlines()[1].startswith("AAPL,done,")


def test_an_unfinished_batch_returns_its_finished_results(client, redis_stores):
    url = client.post(URL, json={"tickers": ["A", "B"], "days": 30}).json["url"]
    finish(redis_stores, redis_stores.attempts.reclaim(1)[0])
    results = [entry["result"] is not None for entry in client.get(f"{url}?results=true").json["forecasts"]]
    assert sorted(results) == [False, True]


def test_the_results_of_a_batch_count_against_the_quota_and_its_progress_does_not(client, ended_batch):
    assert "RateLimit" not in client.get(ended_batch).headers
    counted = client.get(f"{ended_batch}?results=true")
    assert counted.headers["RateLimit"].startswith('"client-60s";r=5987;')
    assert counted.status_code == 200


def test_an_unknown_batch_is_not_found(client):
    check_problem(client.get(f"/api/v1/batches/{uuid.uuid4()}"), 404, "not_found")
    check_problem(client.delete(f"/api/v1/batches/{uuid.uuid4()}"), 404, "not_found")
    check_problem(client.get("/api/v1/batches/7"), 404, "not_found")


def test_a_batch_counts_once_for_each_ticker(client):
    answer = client.post(URL, json={"tickers": tickers(40), "days": 30})
    assert answer.headers["RateLimit"].startswith('"client-60s";r=5960;')


@pytest.mark.parametrize("wrong", [{"tickers": tickers(101)}, {"days": 0}, {"request_id": "7"}])
def test_a_refused_batch_counts_once(client, wrong):
    answer = client.post(URL, json={"tickers": tickers(40), "days": 30} | wrong)
    assert answer.status_code == 400
    assert answer.headers["RateLimit"].startswith('"client-60s";r=5999;')


def test_without_redis_no_batch_is_accepted():
    with client_of("redis://127.0.0.1:1/0") as client:
        check_problem(client.post(URL, json={"tickers": ["AAPL"], "days": 30}), 503, "busy")


def test_lost_requests_of_a_batch_are_reported_as_gone(client, redis_stores, redis_url, monkeypatch):
    monkeypatch.setattr("webserver.requests.record_cache.TRUSTED_FOR_S", 0)
    url = client.post(URL, json={"tickers": ["A", "B"], "days": 30}).json["url"]
    done, under_way = redis_stores.attempts.reclaim(10)
    finish(redis_stores, done)
    assert statuses(client, url) == {done.ticker: "done", under_way.ticker: "accepted"}
    with redis.Redis.from_url(redis_url) as store:
        store.delete(f"request:{done.request_id}", f"request:{under_way.request_id}")
    assert statuses(client, url) == {done.ticker: "failed", under_way.ticker: "failed"}


def test_a_batch_repeated_after_a_loss_of_redis_is_new(client, redis_stores, redis_url):
    asked = {"tickers": ["A"], "days": 30, "request_id": str(uuid.uuid4())}
    url = client.post(URL, json=asked).json["url"]
    finish(redis_stores, *redis_stores.attempts.reclaim(1))
    assert statuses(client, url) == {"A": "done"}
    with redis.Redis.from_url(redis_url) as store:
        store.flushdb()
    again = client.post(URL, json=asked | {"days": 60})
    assert (again.status_code, again.json["counts"]) == (202, {"accepted": 1})
