"""Reports from the HTTP request to the document, through real services."""

from __future__ import annotations

import gzip
from uuid import uuid4

import pytest

from common.domain.errors import UnknownTicker
from common.domain.questions import ForecastQuestion
from common.rpc.messages import Order
from common.s3.price_store import make_s3_client
from tests.integration.project import test_kinds
from tests.integration.webserver.test_api import check_problem

loop, pools, client = test_kinds.loop, test_kinds.pools, test_kinds.client
URL = "/api/v1/reports"
WAIT = {"Prefer": "wait=60"}


@pytest.fixture
def forecast(client):
    """The document of a finished forecast."""
    answer = client.post("/api/v1/forecasts", json={"ticker": "AAPL", "days": 30}, headers=WAIT)
    assert answer.json["status"] == "done"
    return answer.json


def ask(client, *ids, **more):
    return client.post(URL, json={"ticker": "AAPL", "forecasts": list(ids)} | more, headers=WAIT)


def failed(redis_stores):
    """Return the id of a forecast that has failed."""
    request_id, question = str(uuid4()), ForecastQuestion(ticker="AAPLE", days=30)
    redis_stores.requests.accept(request_id, question, 30_000)
    order = Order(question=question, request_id=request_id, attempt=1, budget_ms=30_000)
    assert redis_stores.attempts.fail(order, UnknownTicker())
    return request_id


def test_a_forecast_has_a_report_in_both_forms_which_is_made_once(client, forecast, redis_stores):
    url = f"/api/v1/forecasts/{forecast['request_id']}/report"
    pdf, page = client.get(f"{url}.pdf"), client.get(f"{url}.html")
    assert (pdf.status_code, pdf.mimetype) == (200, "application/pdf")
    assert pdf.data.startswith(b"%PDF-")
    assert pdf.headers["Content-Disposition"] == "inline; filename=AAPL-30-days-report.pdf"
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "AAPL: " in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    unchanged = client.get(f"{url}.pdf", headers={"If-None-Match": pdf.headers["ETag"]})
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    assert pdf.headers["ETag"] != page.headers["ETag"]
    assert client.get(f"{url}.pdf").data == pdf.data
    packed = client.get(f"{url}.html", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data) == page.data
    assert len(stored_reports(redis_stores)) == 1


def stored_reports(redis_stores):
    return redis_stores.results._redis.keys("result:*:report:*")


def test_a_report_of_several_forecasts_states_why_some_are_missing(client, forecast, redis_stores):
    expired = str(uuid4())
    answer = ask(client, forecast["request_id"], failed(redis_stores), expired, title="Two of four")
    assert (answer.status_code, answer.json["status"], answer.json["title"]) == (200, "done", "Two of four")
    assert [(one["ticker"], one["code"]) for one in answer.json["forecasts"]] == [
        ("AAPL", None),
        ("AAPLE", "unknown_ticker"),
        (None, "not_found"),
    ]
    pdf = client.get(f"{answer.headers['Location']}/report.pdf")
    page = client.get(f"{answer.headers['Location']}/report.html")
    assert (len(pdf.data), len(page.data)) == (answer.json["pdf_bytes"], answer.json["html_bytes"])
    assert "<title>Two of four</title>" in page.text


def test_a_report_of_expired_forecasts_alone_fails_with_a_code(client):
    check_problem(ask(client, str(uuid4())), 404, "not_found")
    check_problem(client.get(f"/api/v1/forecasts/{uuid4()}/report.pdf"), 404, "not_found")


def test_a_forecast_that_failed_or_is_not_finished_has_no_report_and_the_reason(client, redis_stores):
    check_problem(client.get(f"/api/v1/forecasts/{failed(redis_stores)}/report.pdf"), 404, "unknown_ticker")
    request_id = str(uuid4())
    redis_stores.requests.accept(request_id, ForecastQuestion(ticker="AAPL", days=31), 30_000)
    check_problem(client.get(f"/api/v1/forecasts/{request_id}/report.html"), 409, "not_finished")
    check_problem(ask(client, request_id), 409, "not_finished")


def test_a_report_needs_no_prices(client, forecast, s3_bucket):
    s3 = make_s3_client()
    s3.delete_object(Bucket=s3_bucket, Key="prices/daily/AAPL.csv")
    s3.close()
    assert client.get(f"/api/v1/forecasts/{forecast['request_id']}/report.pdf").status_code == 200


def test_a_result_that_redis_lost_is_a_failure_in_words(client, forecast, redis_stores):
    for key in redis_stores.results._redis.keys("result:*"):
        redis_stores.results._redis.delete(key)
    answer = client.get(f"/api/v1/forecasts/{forecast['request_id']}/report.pdf")
    check_problem(answer, 404, "not_found")
    assert "Request the forecast again" in answer.json["detail"]


def test_another_accounts_forecast_is_not_found_unless_it_is_shared(client, forecast, redis_stores):
    store, request_id = redis_stores.results._redis, forecast["request_id"]
    store.hset(f"request:{request_id}", "owner", "somebody")
    check_problem(ask(client, request_id), 404, "not_found")
    redis_stores.requests.share(request_id, is_shared=True)
    assert ask(client, request_id).json["status"] == "done"
