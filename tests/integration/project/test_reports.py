"""Reports from the HTTP request to the document, through real services."""

from __future__ import annotations

import gzip
from uuid import uuid4

import pytest

from common.domain.errors import Busy, UnknownTicker
from common.domain.horizons import horizon_group
from common.domain.questions import ForecastQuestion
from common.domain.stock_records import StockRecord
from common.rpc.messages import Order
from common.rpc.tcp import OrderServer
from common.s3.price_store import make_s3_client
from tests.integration.project import test_kinds
from tests.integration.webserver.test_api import check_problem
from webserver import app as web_app
from webserver.settings import WebSettings

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
    unchanged = client.get(f"{url}.html", headers={"If-None-Match": page.headers["ETag"]})
    assert unchanged.status_code == 304
    assert unchanged.headers["Content-Security-Policy"] == page.headers["Content-Security-Policy"]
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


def test_a_report_has_the_record_of_its_stock(client, forecast, redis_stores):
    redis_stores.stock_records.write({("AAPL", horizon_group(30)): StockRecord(forecasts=34, inside_80=27)})
    page = client.get(f"/api/v1/forecasts/{forecast['request_id']}/report.html").text
    assert "Of 34 forecasts of AAPL about a month ahead that came due" in page


def test_a_report_counts_once_for_each_of_its_forecasts(client, forecast):
    left = int(forecast_quota(client.post("/api/v1/forecasts", json={"ticker": "AAPL", "days": 30}, headers=WAIT)))
    ids = [forecast["request_id"], *(str(uuid4()) for _ in range(6))]
    asked = ask(client, *ids, ids[0])
    assert (asked.json["status"], int(forecast_quota(asked))) == ("done", left - 7)
    report = {"kind": "report", "ticker": "AAPL", "forecasts": ids}
    in_batch = client.post("/api/v1/batches", json={"requests": [report, {"kind": "?"}]})
    assert int(forecast_quota(in_batch)) == left - 7 - 8


def forecast_quota(answer):
    return answer.headers["RateLimit"].partition("r=")[2].partition(";")[0]


@pytest.fixture
def refusing(loop, redis_url):
    """A web server whose ingestion refuses every order for now."""

    async def take(_order):
        raise Busy("There is no room now.", retry_after_s=7)

    server = OrderServer(take)
    address = test_kinds.run(loop, server.start(test_kinds.ANYWHERE))
    yield web_app.create_app(WebSettings(redis_url=redis_url, ingestion_address=address)).test_client()
    test_kinds.run(loop, server.stop())


def test_a_report_that_failed_for_now_is_made_by_the_next_call(client, refusing, forecast):
    url = f"/api/v1/forecasts/{forecast['request_id']}/report.pdf"
    for _ in range(5):
        answer = refusing.get(url)
        check_problem(answer, 503, "busy")
        assert (answer.headers["Retry-After"], answer.json.get("request_id")) == ("7", None)
    assert client.get(url).status_code == 200
