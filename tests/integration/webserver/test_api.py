"""The JSON API over a real Redis, with an ingestion service that each test controls."""

import asyncio
import gzip
import io
import json
import re
import socket
import threading
import time
from contextlib import contextmanager
from datetime import date
from uuid import uuid4

import pytest
import redis

from common.domain.errors import Busy, InvalidDays, InvalidRequest, InvalidTicker, UnknownTicker
from common.redis.price_notes import PricesPointer
from common.redis.requests.request_store import RequestStore
from common.redis.requests.results import Result, ResultStore
from common.redis.schema.keys import result_key
from common.rpc.addresses import Address
from common.rpc.messages import make_accepted_reply
from common.runtime.supervision import LoopName
from tests.integration.common.test_tcp import serving
from webserver.app import create_app
from webserver.settings import WebSettings

UNKNOWN_ID = "9f3c6a52-6f3e-4c57-8b76-2f3e3d0c8d11"
BODY = {"ticker": "AAPL", "days": 30}
RESULT = Result(
    json.dumps({"ticker": "AAPL", "days": 30, "predicted_price": 424.1}).encode(),
    b"\x89PNG picture",
    gzip.compress(b"<svg/>"),
)
VERSION = "a" * 64
LEVEL = "level must be a number from 0.5 to 0.99, such as 0.8; you sent "
NOWHERE = Address("127.0.0.1", 1)


@contextmanager
def client_of(redis_url, ingestion=NOWHERE, deadline_s=30):
    app = create_app(WebSettings(redis_url=redis_url, ingestion_address=ingestion, request_deadline_s=deadline_s))
    with app.test_client() as client:
        yield client


def finishing(redis_stores, seen, result=RESULT):
    """Return an ingestion service that finishes every forecast immediately."""

    async def take(order):
        seen.append(order)
        key = result_key(order.question, VERSION, date(2013, 3, 1))
        assert await asyncio.to_thread(redis_stores.attempts.finish, order, key, result)
        return make_accepted_reply(order.request_id)

    return take


async def leave(order):
    return make_accepted_reply(order.request_id)


def check_problem(answer, status, code):
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert answer.json["code"] == code
    assert answer.json["status"] == status
    assert "Traceback" not in answer.text


def test_a_question_is_answered_with_its_result_and_chart(redis_stores, redis_url):
    with serving(finishing(redis_stores, [])) as ingestion, client_of(redis_url, ingestion) as client:
        answer = client.post("/api/v1/forecasts", json=BODY)
        assert answer.status_code == 200
        assert answer.json["status"] == "done"
        assert answer.json["predicted_price"] == 424.1
        picture = client.get(answer.json["plot_url"])
        assert (picture.data, picture.mimetype) == (RESULT.png, "image/png")
        assert picture.headers["Cache-Control"] == "private, no-cache"
        again = client.get(answer.json["plot_url"], headers={"If-None-Match": picture.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


def test_svg_is_sent_as_it_is_stored_and_may_execute_nothing(redis_stores, redis_url):
    with serving(finishing(redis_stores, [])) as ingestion, client_of(redis_url, ingestion) as client:
        url = client.post("/api/v1/forecasts", json=BODY).json["plot_url"].replace(".png", ".svg")
        plain = client.get(url)
        compressed = client.get(url, headers={"Accept-Encoding": "gzip"})
        again = client.get(url, headers={"If-None-Match": plain.headers["ETag"]})
    assert (plain.data, plain.mimetype) == (b"<svg/>", "image/svg+xml")
    assert (compressed.data, compressed.headers["Content-Encoding"]) == (RESULT.svg_gzip, "gzip")
    assert (again.status_code, again.data) == (304, b"")
    for answer in (plain, compressed):
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"


def test_result_of_a_version_without_svg_is_answered_and_its_svg_is_not_found(redis_stores, redis_url):
    with serving(finishing(redis_stores, [])) as ingestion, client_of(redis_url, ingestion) as client:
        plot = client.post("/api/v1/forecasts", json=BODY).json["plot_url"]
    with redis.Redis.from_url(redis_url) as store, client_of(redis_url) as client:
        (key,) = store.keys("result:*")
        store.hdel(key, "svg_gzip")
        check_problem(client.get(plot.replace(".png", ".svg")), 404, "not_found")
        assert client.get(plot).data == RESULT.png


def test_a_finished_forecast_has_an_etag_and_is_compressed_on_request(redis_stores, redis_url):
    with serving(finishing(redis_stores, [])) as ingestion, client_of(redis_url, ingestion) as client:
        posted = client.post("/api/v1/forecasts", json=BODY)
        url = posted.headers["Location"]
        plain = client.get(url)
        compressed = client.get(url, headers={"Accept-Encoding": "br, gzip;q=0.5"})
        refused = client.get(url, headers={"Accept-Encoding": "gzip;q=0"})
        again = client.get(url, headers={"If-None-Match": plain.headers["ETag"]})
        other = client.get(url, headers={"If-None-Match": '"other"'})
        head = client.head(url)
    assert posted.headers["Cache-Control"] == "no-store"
    assert "ETag" not in posted.headers
    assert json.loads(gzip.decompress(compressed.data)) == plain.json == posted.json
    assert (compressed.headers["Content-Encoding"], "Content-Encoding" in refused.headers) == ("gzip", False)
    for answer in (plain, compressed, again, head):
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.headers["ETag"] == plain.headers["ETag"]
    assert [answer.status_code for answer in (again, other, head)] == [304, 200, 200]
    assert (again.data, head.data) == (b"", b"")
    assert int(head.headers["Content-Length"]) == len(plain.data)


def test_a_304_needs_no_stored_result(redis_stores, redis_url):
    with serving(finishing(redis_stores, [])) as ingestion, client_of(redis_url, ingestion) as client:
        url = client.post("/api/v1/forecasts", json=BODY).headers["Location"]
        etags = {part: client.get(url + part).headers["ETag"] for part in ("", "/plot.png")}
    with redis.Redis.from_url(redis_url) as store, client_of(redis_url) as client:
        store.delete(*store.keys("result:*"))
        for part, etag in etags.items():
            assert client.get(url + part, headers={"If-None-Match": etag}).status_code == 304
            check_problem(client.get(url + part), 500, "forecast_failed")


def test_a_reused_id_has_another_etag(redis_stores, redis_url):
    request_id = str(uuid4())
    url, tags = f"/api/v1/forecasts/{request_id}", []
    for days in (30, 31):
        with serving(finishing(redis_stores, [])) as ingestion, client_of(redis_url, ingestion) as client:
            client.post("/api/v1/forecasts", json={"ticker": "AAPL", "days": days, "request_id": request_id})
            tags.append(client.get(url).headers["ETag"])
        with redis.Redis.from_url(redis_url) as store, client_of(redis_url) as client:
            assert client.get(url, headers={"If-None-Match": tags[0]}).status_code == (304 if days == 30 else 200)
            store.delete(f"request:{request_id}")
    assert tags[0] != tags[1]
    with client_of(redis_url) as client:
        check_problem(client.get(url, headers={"If-None-Match": tags[1]}), 404, "not_found")


def test_progress_is_never_cached(redis_stores, redis_url):
    with serving(leave) as ingestion, client_of(redis_url, ingestion) as client:
        url = client.post("/api/v1/forecasts", json=BODY, headers={"Prefer": "wait=0"}).headers["Location"]
        answer = client.get(url, headers={"If-None-Match": "*"})
    assert (answer.status_code, answer.headers["Cache-Control"], "ETag" in answer.headers) == (200, "no-store", False)


def test_an_order_carries_the_question_and_the_whole_budget(redis_stores, redis_url):
    seen = []
    with serving(finishing(redis_stores, seen)) as ingestion, client_of(redis_url, ingestion, deadline_s=300) as client:
        client.post("/api/v1/forecasts", json=BODY | {"ticker": "brk-b", "level": 0.9, "model": "prophet"})
    (order,) = seen
    question = order.question
    assert (question.ticker, question.days, question.level, question.model) == ("BRK-B", 30, 0.9, "prophet")
    assert order.attempt == 1
    assert 200_000 < order.budget_ms <= 300_000


def test_the_same_id_and_body_return_one_record(redis_stores, redis_url):
    seen, body = [], BODY | {"request_id": str(uuid4())}
    with serving(finishing(redis_stores, seen)) as ingestion, client_of(redis_url, ingestion) as client:
        first, second = (client.post("/api/v1/forecasts", json=body) for _ in range(2))
    assert first.data == second.data
    assert first.json["request_id"] == body["request_id"]
    assert len(seen) == 1


def test_the_same_id_with_another_body_is_a_conflict(redis_stores, redis_url):
    body = BODY | {"request_id": str(uuid4())}
    with serving(finishing(redis_stores, [])) as ingestion, client_of(redis_url, ingestion) as client:
        client.post("/api/v1/forecasts", json=body)
        check_problem(client.post("/api/v1/forecasts", json=body | {"days": 31}), 409, "request_conflict")


def test_a_fresh_result_is_answered_without_ingestion(redis_stores, redis_url):
    redis_stores.price_notes.set_prices_pointer("AAPL", PricesPointer(VERSION, date(2013, 3, 1)), 60_000)
    seen = []
    with serving(finishing(redis_stores, seen)) as ingestion, client_of(redis_url, ingestion) as client:
        client.post("/api/v1/forecasts", json=BODY)
    with client_of(redis_url) as client:
        answer = client.post("/api/v1/forecasts", json=BODY)
    assert (answer.status_code, answer.json["status"], len(seen)) == (200, "done", 1)


def test_wait_0_is_answered_with_202_and_a_location(redis_stores, redis_url):
    with serving(leave) as ingestion, client_of(redis_url, ingestion) as client:
        answer = client.post("/api/v1/forecasts", json=BODY, headers={"Prefer": "wait=0"})
        assert (answer.status_code, answer.json["status"]) == (202, "accepted")
        assert answer.headers["Preference-Applied"] == "wait=0"
        assert answer.headers["Location"] == answer.json["url"]
        followed = client.get(answer.headers["Location"])
        assert (followed.status_code, followed.json["status"]) == (200, "accepted")
        check_problem(client.get(answer.json["url"] + "/plot.png"), 404, "not_found")


def test_respond_async_is_answered_with_202_and_a_location(redis_stores, redis_url):
    with serving(leave) as ingestion, client_of(redis_url, ingestion) as client:
        answer = client.post("/api/v1/forecasts", json=BODY, headers={"Prefer": "respond-async"})
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (202, "respond-async")
    assert answer.headers["Location"] == answer.json["url"]


def test_wait_1_is_answered_after_one_second(redis_stores, redis_url):
    with serving(leave) as ingestion, client_of(redis_url, ingestion) as client:
        began = time.monotonic()
        answer = client.post("/api/v1/forecasts", json=BODY, headers={"Prefer": "wait=1"})
    assert answer.status_code == 202
    assert time.monotonic() - began >= 1


def test_the_applied_wait_is_at_most_the_deadline(redis_stores, redis_url):
    with serving(finishing(redis_stores, [])) as ingestion, client_of(redis_url, ingestion, deadline_s=30) as client:
        answer = client.post("/api/v1/forecasts", json=BODY, headers={"Prefer": "wait=999"})
    assert answer.headers["Preference-Applied"] == "wait=30"


def test_an_unfinished_request_ends_at_its_deadline(redis_stores, redis_url):
    with serving(leave) as ingestion, client_of(redis_url, ingestion, deadline_s=1) as client:
        check_problem(client.post("/api/v1/forecasts", json=BODY), 504, "deadline_exceeded")


def test_a_client_beyond_the_waiting_limit_receives_202(redis_stores, redis_url, monkeypatch):
    monkeypatch.setattr("webserver.app.MOST_WAITING", 1)
    of_others = set(threading.enumerate())
    with serving(leave) as ingestion, client_of(redis_url, ingestion, deadline_s=300) as client:
        request_id = str(uuid4())
        waiting = threading.Thread(
            target=client.application.test_client().post,
            args=["/api/v1/forecasts"],
            kwargs={"json": BODY | {"request_id": request_id}},
        )
        waiting.start()
        while not any(thread.name == LoopName.COMPLETION_POLLER for thread in set(threading.enumerate()) - of_others):
            time.sleep(0.005)
        assert client.post("/api/v1/forecasts", json=BODY | {"days": 31}).status_code == 202
        client.delete(f"/api/v1/forecasts/{request_id}")
        waiting.join()


def test_a_refusal_by_ingestion_ends_the_request(redis_stores, redis_url):
    async def refuse(order):
        raise UnknownTicker("never heard of it")

    with serving(refuse) as ingestion, client_of(redis_url, ingestion) as client:
        answer = client.post("/api/v1/forecasts", json=BODY)
        check_problem(answer, 404, "unknown_ticker")
        assert answer.json["detail"] == "never heard of it"
        check_problem(client.get(f"/api/v1/forecasts/{answer.json['request_id']}"), 404, "unknown_ticker")


@pytest.mark.parametrize("refusal", [InvalidRequest, InvalidDays, InvalidTicker])
def test_an_order_unknown_to_an_older_ingestion_waits_for_a_newer_one(redis_stores, redis_url, refusal):
    async def refuse(order):
        raise refusal

    with serving(refuse) as ingestion, client_of(redis_url, ingestion) as client:
        answer = client.post("/api/v1/forecasts", json=BODY, headers={"Prefer": "wait=0"})
    assert (answer.status_code, answer.json["status"]) == (202, "accepted")
    with redis.Redis.from_url(redis_url) as store:
        store.zadd("leases", {answer.json["request_id"]: 1})
    (order,) = redis_stores.attempts.reclaim(10)
    assert (order.request_id, order.attempt) == (answer.json["request_id"], 2)


def test_an_order_unknown_to_every_ingestion_ends_at_its_deadline(redis_stores, redis_url):
    async def refuse(order):
        raise InvalidRequest

    with serving(refuse) as ingestion, client_of(redis_url, ingestion, deadline_s=1) as client:
        check_problem(client.post("/api/v1/forecasts", json=BODY), 504, "deadline_exceeded")


def test_without_ingestion_a_request_ends_as_busy_before_its_deadline(redis_url, redis_stores, monkeypatch):
    monkeypatch.setattr("webserver.requests.service.DISPATCH_PATIENCE_S", 0.3)
    with client_of(redis_url) as client, redis.Redis.from_url(redis_url) as store:
        answer = client.post("/api/v1/forecasts", json=BODY, headers={"Prefer": "wait=0"})
        assert answer.status_code == 202
        request_id = answer.json["request_id"]
        store.zadd("leases", {request_id: 0})
        assert client.get(answer.json["url"]).json["status"] == "accepted"
        store.hincrby(f"request:{request_id}", "overdue_since", -60_000)
        answer = client.get(answer.json["url"])
    check_problem(answer, 503, "busy")
    assert int(answer.headers["Retry-After"]) >= 1


def test_an_ingestion_that_never_replies_loses_no_request(redis_stores, redis_url):
    with socket.create_server(("127.0.0.1", 0)) as silent, client_of(redis_url, address_of(silent)) as client:
        answer = client.post("/api/v1/forecasts", json=BODY, headers={"Prefer": "wait=0"})
    assert (answer.status_code, answer.json["status"]) == (202, "accepted")


def address_of(listening):
    return Address("127.0.0.1", listening.getsockname()[1])


def test_a_busy_ingestion_is_a_503_with_retry_after(redis_stores, redis_url):
    async def refuse(order):
        raise Busy(retry_after_s=7)

    with serving(refuse) as ingestion, client_of(redis_url, ingestion) as client:
        answer = client.post("/api/v1/forecasts", json=BODY)
    check_problem(answer, 503, "busy")
    assert answer.headers["Retry-After"] == "7"


def test_a_503_during_a_wait_contains_the_request_id(redis_stores, redis_url, monkeypatch):
    def gone(self, request_id):
        raise Busy

    with serving(leave) as ingestion, client_of(redis_url, ingestion) as client:
        monkeypatch.setattr(RequestStore, "read", gone)
        answer = client.post("/api/v1/forecasts", json=BODY, headers={"Prefer": "wait=1"})
    assert (answer.status_code, answer.json["status"]) == (202, "accepted")
    assert answer.json["request_id"] in answer.headers["Location"]


def test_without_redis_requests_are_refused_and_readiness_fails():
    with client_of("redis://127.0.0.1:1/0") as client:
        answer = client.post("/api/v1/forecasts", json=BODY)
        check_problem(answer, 503, "busy")
        assert int(answer.headers["Retry-After"]) >= 1
        check_problem(client.get(f"/api/v1/forecasts/{uuid4()}"), 503, "busy")
        assert client.get("/readyz").status_code == 503
        assert client.get("/livez").status_code == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_request"),
        (b"{", "invalid_request"),
        (b"\xff", "invalid_request"),
        (b"[" * 10_000, "invalid_request"),
        (b"[]", "invalid_request"),
        (b"null", "invalid_request"),
        (b'"AAPL"', "invalid_request"),
        (b"{}", "invalid_ticker"),
        (b'{"ticker": "", "days": 30}', "invalid_ticker"),
        (b'{"ticker": "../x", "days": 30}', "invalid_ticker"),
        (b'{"ticker": "AAPL\\n", "days": 30}', "invalid_ticker"),
        (b'{"ticker": 1, "days": 30}', "invalid_ticker"),
        (b'{"ticker": "\\u0661", "days": 30}', "invalid_ticker"),
        (b'{"ticker": "AAPL"}', "invalid_days"),
        (b'{"ticker": "AAPL", "days": 0}', "invalid_days"),
        (b'{"ticker": "AAPL", "days": -1}', "invalid_days"),
        (b'{"ticker": "AAPL", "days": 1.5}', "invalid_days"),
        (b'{"ticker": "AAPL", "days": "30"}', "invalid_days"),
        (b'{"ticker": "AAPL", "days": 10001}', "invalid_days"),
        (b'{"ticker": "AAPL", "days": NaN}', "invalid_days"),
        (b'{"ticker": "AAPL", "days": 1e400}', "invalid_days"),
        (b'{"ticker": "AAPL", "days": 30, "level": 2}', "invalid_request"),
        (b'{"ticker": "AAPL", "days": 30, "request_id": "7"}', "invalid_request"),
        (b'{"ticker": "AAPL", "days": ' + b"9" * 5000 + b"}", "invalid_days"),
        (b'{"ticker": "AAPL", "days": -' + b"9" * 5000 + b"}", "invalid_days"),
        (b'{"ticker": "AAPL", "days": 30, "level": ' + b"9" * 5000 + b"}", "invalid_request"),
        (b'{"ticker": "AAPL", "days": 30, "days": 30}', "invalid_request"),
        (b'{"ticker": "AAPL", "days": 30, "client": {"a": 1, "a": 2}}', "invalid_request"),
    ],
)
def test_bad_input_gets_its_code(redis_url, body, code):
    with client_of(redis_url) as client:
        check_problem(client.post("/api/v1/forecasts", data=body), 400, code)


@pytest.mark.parametrize(
    ("more", "detail"),
    [
        (b'"days": 31', '"days" is given twice. Send it once.'),
        (b'"level": NaN', LEVEL + "a number that is not finite."),
        (b'"level": ' + b"9" * 5000, LEVEL + "a number that is not finite."),
        (b'"level": 80', LEVEL + "80. For 80 % write 0.8."),
        (b'"levels": 0.9', "Unknown field levels. Did you mean level?"),
    ],
)
def test_a_wrong_body_is_described(redis_url, more, detail):
    with client_of(redis_url) as client:
        answer = client.post("/api/v1/forecasts", data=b'{"ticker": "AAPL", "days": 30, ' + more + b"}")
    assert answer.json["detail"] == detail


def test_fields_and_picture_select_parts_of_a_forecast(redis_stores, redis_url):
    with serving(finishing(redis_stores, [])) as ingestion, client_of(redis_url, ingestion) as client:
        light = client.post("/api/v1/forecasts?picture=false", json=BODY)
        assert light.json["predicted_price"] == 424.1
        assert "plot_png_base64" not in light.json
        url = light.headers["Location"]
        chosen = client.get(f"{url}?fields=predicted_price")
        assert chosen.json == {"predicted_price": 424.1, "request_id": light.json["request_id"], "status": "done"}
        compressed = client.get(f"{url}?fields=predicted_price", headers={"Accept-Encoding": "gzip"})
        assert json.loads(gzip.decompress(compressed.data)) == chosen.json
        tags = {
            client.get(url + part).headers["ETag"] for part in ("", "?picture=false", "?fields=days", "?fields=ticker")
        }
        assert len(tags) == 4
        again = client.get(f"{url}?fields=predicted_price", headers={"If-None-Match": chosen.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        other = client.get(f"{url}?fields=days", headers={"If-None-Match": chosen.headers["ETag"]})
        assert other.status_code == 200
        assert client.get(f"{url}?picture=true").json == client.get(url).json


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("picture=no", 'picture must be true or false; you sent the text "no".'),
        ("fields=price_predicted", "Unknown field price_predicted."),
        ("feilds=days", "Unknown query parameter feilds. Did you mean fields?"),
    ],
)
def test_an_unknown_field_is_refused_and_requests_no_forecast(redis_stores, redis_url, query, detail):
    with client_of(redis_url) as client:
        answers = [client.post(f"/api/v1/forecasts?{query}", json=BODY | {"request_id": UNKNOWN_ID}),
                   client.get(f"/api/v1/forecasts/{UNKNOWN_ID}?{query}")]  # fmt: skip
    for answer in answers:
        check_problem(answer, 400, "invalid_request")
        assert answer.json["detail"].startswith(detail)
    assert redis_stores.requests.read_all([UNKNOWN_ID]) == [None]


@pytest.mark.parametrize(
    ("method", "path", "detail"),
    [
        ("GET", "/api/v1/prices/AAPL?strat=2013-01-01", "Unknown query parameter strat. Did you mean start?"),
        ("GET", "/api/v1/prices/A?ticker=B", "Unknown query parameter ticker. Allowed: end, format, interval, start."),
        ("GET", "/api/v1/tickers?query=a", "Unknown query parameter query. Allowed: after, q."),
        ("GET", "/api/v1/prices/A?end=a&end=b", 'end is given twice: the text "a" and the text "b". Send it once.'),
        ("GET", f"/api/v1/forecasts/{UNKNOWN_ID}/plot.png?x=3", "Unknown query parameter x. None is allowed here."),
        ("DELETE", f"/api/v1/batches/{UNKNOWN_ID}?x", "Unknown query parameter x. None is allowed here."),
        ("PUT", "/api/v1/tickers/AAPL?%FF=1", 'Unknown query parameter "%FF". None is allowed here.'),
    ],
)  # fmt: skip
def test_an_unknown_query_parameter_is_refused_by_name(redis_url, method, path, detail):
    with client_of(redis_url) as client:
        answer = client.open(path, method=method)
    check_problem(answer, 400, "invalid_request")
    assert answer.json["detail"] == detail


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/tickers"),
        ("GET", "/api/v1/tickers/AAPL"),
        ("PUT", "/api/v1/tickers/AAPL"),
        ("DELETE", "/api/v1/tickers/AAPL"),
        ("GET", "/api/v1/prices/AAPL"),
        ("POST", "/api/v1/prices/AAPL:refresh"),
        ("GET", f"/api/v1/forecasts/{UNKNOWN_ID}"),
        ("DELETE", f"/api/v1/forecasts/{UNKNOWN_ID}"),
        ("GET", f"/api/v1/forecasts/{UNKNOWN_ID}/plot.svg"),
        ("GET", f"/api/v1/forecasts/{UNKNOWN_ID}/chances"),
        ("GET", f"/api/v1/batches/{UNKNOWN_ID}"),
        ("DELETE", f"/api/v1/batches/{UNKNOWN_ID}"),
    ],
)
@pytest.mark.parametrize("body", [b'{"currency":"GBP"}', b"{}", b" "])
def test_a_body_is_refused_by_a_route_without_a_body(redis_url, method, path, body):
    with client_of(redis_url) as client:
        whole = client.open(path, method=method, data=body)
        chunks = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": io.BytesIO(body)}
        chunked = client.open(path, method=method, environ_overrides=chunks)
    for answer in (whole, chunked):
        check_problem(answer, 400, "invalid_request")
        assert answer.json["detail"] == "This request takes no body. Send it without one."


@pytest.mark.parametrize("more", [{}, {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}])
def test_an_empty_body_is_accepted_by_a_route_without_a_body(redis_url, more):
    with client_of(redis_url) as client:
        answer = client.delete(f"/api/v1/forecasts/{UNKNOWN_ID}", data=b"", environ_overrides=more)
    check_problem(answer, 404, "not_found")


def test_the_page_accepts_any_query(redis_url):
    with client_of(redis_url) as client:
        assert client.get("/?ticker=AAPL&days=30&utm_source=x").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/api/v1/forecasts/not-a-uuid", 404, "not_found"),
        ("GET", f"/api/v1/forecasts/{UNKNOWN_ID}", 404, "not_found"),
        ("GET", f"/api/v1/forecasts/{UNKNOWN_ID}/plot.png", 404, "not_found"),
        ("GET", f"/api/v1/forecasts/{UNKNOWN_ID}/chances?above=450", 404, "not_found"),
        ("GET", f"/api/v1/forecasts/{UNKNOWN_ID}/chances", 400, "invalid_request"),
        ("GET", "/static/../run_app.sh", 404, "not_found"),
        ("GET", "/static/%2e%2e/run_app.sh", 404, "not_found"),
        ("PUT", "/api/v1/forecasts", 405, "invalid_request"),
    ],
)
def test_a_wrong_address_or_method_is_answered_with_a_problem(redis_url, method, path, status, code):
    with client_of(redis_url) as client:
        check_problem(client.open(path, method=method), status, code)


def test_an_unknown_id_may_have_expired_and_an_unknown_address_does_not_exist(redis_url):
    with client_of(redis_url) as client:
        for path in ("/nowhere", "/api/v1/forecasts/not-a-uuid", "/api/docs/nothing.js"):
            assert client.get(path).json["detail"] == "This address does not exist. Check its spelling."
        kept = client.get(f"/api/v1/forecasts/{UNKNOWN_ID}").json
    assert kept["detail"] == "No forecast has this id. Results expire after an hour; request the forecast again."


@pytest.mark.parametrize("part", ["", "/plot.png", "/plot.svg", "/chances?above=450"])
def test_a_problem_that_ended_a_request_has_its_id(redis_stores, redis_url, part):
    with serving(leave) as ingestion, client_of(redis_url, ingestion) as client:
        request_id = client.post("/api/v1/forecasts", json=BODY, headers={"Prefer": "wait=0"}).json["request_id"]
        url = f"/api/v1/forecasts/{request_id}{part}"
        early = client.get(url)
        client.delete(f"/api/v1/forecasts/{request_id}")
        late = client.get(url)
    assert early.status_code == (404 if part else 200)
    assert ("request_id" in early.json) == (not part)
    check_problem(late, 410, "cancelled")
    assert late.json["request_id"] == request_id


@pytest.mark.parametrize("part", ["", "/plot.png", "/plot.svg", "/chances?above=450"])
def test_a_problem_of_one_answer_has_no_request_id(part):
    with client_of("redis://127.0.0.1:1/0") as client:
        answer = client.get(f"/api/v1/forecasts/{UNKNOWN_ID}{part}")
    check_problem(answer, 503, "busy")
    assert "request_id" not in answer.json


def test_an_unreadable_result_does_not_end_the_request(redis_stores, redis_url, monkeypatch):
    def away(self, key):
        raise Busy

    monkeypatch.setattr(ResultStore, "result", away)
    with serving(finishing(redis_stores, [])) as ingestion, client_of(redis_url, ingestion) as client:
        answer = client.post("/api/v1/forecasts", json=BODY)
    check_problem(answer, 503, "busy")
    assert "request_id" not in answer.json


def test_a_large_body_is_refused(redis_url):
    with client_of(redis_url) as client:
        check_problem(client.post("/api/v1/forecasts", data=b"x" * 1_000_000), 413, "invalid_request")


def test_the_page_has_a_policy_against_foreign_scripts(redis_url):
    with client_of(redis_url) as client:
        answer = client.get("/", buffered=True)
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}])
def test_a_page_of_another_site_cannot_post(redis_stores, redis_url, headers):
    seen = []
    with serving(finishing(redis_stores, seen)) as ingestion, client_of(redis_url, ingestion) as client:
        check_problem(client.post("/api/v1/forecasts", json=BODY, headers=headers), 403, "invalid_request")
        assert client.get("/livez", headers=headers).status_code == 200
    assert seen == []


def test_every_answer_has_security_headers_and_hsts_over_tls(redis_url):
    with client_of(redis_url) as client:
        plain, secure = client.get("/livez"), client.get("/livez", base_url="https://localhost")
    for answer in (plain, secure):
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "geolocation=()" in answer.headers["Permissions-Policy"]
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Strict-Transport-Security" in secure.headers
    assert "Strict-Transport-Security" not in plain.headers


def test_a_client_beyond_its_quota_receives_429_and_others_are_served(redis_stores, redis_url):
    with serving(finishing(redis_stores, [])) as ingestion:
        settings = WebSettings(
            redis_url=redis_url,
            ingestion_address=ingestion,
            rate_limit_per_client="3/day",
            rate_limit="5/day",
            proxy_hops=1,
        )
        client = create_app(settings).test_client()

        def ask(address):
            return client.post("/api/v1/forecasts", json=BODY, headers={"X-Forwarded-For": address})

        assert [ask("10.0.0.1").status_code for _ in range(3)] == [200] * 3
        late = ask("10.0.0.1")
        check_problem(late, 429, "rate_limited")
        assert 1 <= int(late.headers["Retry-After"]) <= 86_400
        assert late.headers["RateLimit"].startswith('"client-86400s";r=0;t=')
        assert client.get("/livez", headers={"X-Forwarded-For": "10.0.0.1"}).status_code == 200
        assert [ask("10.0.0.2").status_code for _ in range(3)] == [200, 200, 429]


def test_the_lower_of_two_limits_applies_and_each_request_counts_once(redis_stores, redis_url):
    with serving(finishing(redis_stores, [])) as ingestion:
        settings = WebSettings(redis_url=redis_url, ingestion_address=ingestion, rate_limit_per_client="3/day,9/day")
        client = create_app(settings).test_client()
        answers = [client.post("/api/v1/forecasts", json=BODY) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    detail = [answer.headers.getlist("RateLimit") for answer in answers]
    left = [[int(number) for number in re.findall(r"r=(\d+)", one)] for (one,) in detail]
    assert [most[:2] for most in left] == [[2, 8], [1, 7], [0, 6], [0, 6]]


def test_a_counted_call_reports_its_quota_and_keeps_its_retry_after(redis_stores, redis_url):
    async def refuse(order):
        raise Busy(retry_after_s=7)

    with serving(refuse) as ingestion, client_of(redis_url, ingestion) as client:
        answer = client.post("/api/v1/forecasts", json=BODY)
        read = client.get(f"/api/v1/forecasts/{answer.json['request_id']}")
    assert answer.headers["Retry-After"] == "7"
    assert answer.headers["RateLimit-Policy"] == '"client-60s";q=6000;w=60, "all-60s";q=60000;w=60'
    assert re.fullmatch(r'"client-60s";r=5999;t=\d+, "all-60s";r=59999;t=\d+', answer.headers["RateLimit"])
    assert "RateLimit" not in read.headers


@pytest.mark.parametrize("rate", ["", "many", "5/fortnight", "0/minute", "5 per minute"])
def test_an_invalid_rate_is_refused_at_the_start(rate):
    with pytest.raises(ValueError, match="6000/minute"):
        WebSettings(rate_limit=rate)


def test_forwarded_addresses_are_ignored_without_a_proxy(redis_stores, redis_url):
    with serving(finishing(redis_stores, [])) as ingestion:
        settings = WebSettings(redis_url=redis_url, ingestion_address=ingestion, rate_limit_per_client="1/day")
        client = create_app(settings).test_client()
        answers = [
            client.post("/api/v1/forecasts", json=BODY, headers={"X-Forwarded-For": f"10.0.0.{n}"}) for n in range(2)
        ]
    assert [answer.status_code for answer in answers] == [200, 429]


@pytest.mark.parametrize("written", ["{}", '"{}"'])
def test_an_idempotency_key_is_the_request_id(redis_stores, redis_url, written):
    request_id = str(uuid4())
    headers = {"Idempotency-Key": written.format(request_id), "Prefer": "wait=0"}
    with serving(leave) as ingestion, client_of(redis_url, ingestion) as client:
        answer = client.post("/api/v1/forecasts", json=BODY, headers=headers)
        assert answer.json["request_id"] == request_id
        same = client.post("/api/v1/forecasts", json=BODY | {"request_id": request_id}, headers=headers)
        assert same.json["request_id"] == request_id


def test_equal_bodies_get_different_ids(redis_stores, redis_url):
    keys = [str(uuid4()), None, str(uuid4()), None]
    with serving(leave) as ingestion, client_of(redis_url, ingestion) as client:
        answers = [
            client.post(
                "/api/v1/forecasts",
                json=BODY,
                headers={"Prefer": "wait=0"} | ({"Idempotency-Key": key} if key else {}),
            )
            for key in keys
        ]
    ids = [answer.json["request_id"] for answer in answers]
    assert len(set(ids)) == 4
    assert [ids[0], ids[2]] == [keys[0], keys[2]]
    assert all(request_id in answer.headers["Location"] for request_id, answer in zip(ids, answers, strict=True))


def test_two_idempotency_keys_are_refused(redis_url):
    keys = [("Idempotency-Key", str(uuid4())) for _ in range(2)]
    with client_of(redis_url) as client:
        answer = client.post("/api/v1/forecasts", json=BODY, headers=keys)
    check_problem(answer, 400, "invalid_request")
    assert answer.json["detail"] == "The request has more than one Idempotency-Key. Send one."


@pytest.mark.parametrize("key", ["7", "", "0d1f6d5c-5b5e-4f1e-9d0e-0d6f4a3b2c1d"])
def test_an_invalid_or_contradicting_idempotency_key_is_refused(redis_url, key):
    body = BODY | {"request_id": "123e4567-e89b-42d3-a456-426614174000"}
    with client_of(redis_url) as client:
        check_problem(
            client.post("/api/v1/forecasts", json=body, headers={"Idempotency-Key": key}), 400, "invalid_request"
        )
