"""Insights over HTTP: from stored prices and the track record, cached until one of them changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from common.domain.companies.document import CompanyDocument, FiledReport
from common.domain.prices import COLUMNS, PriceSeries
from common.s3.company_objects import CompanyObjects
from common.sql.repositories.ledger import entries
from tests.integration.common.sql.test_ledger import finished
from webserver.app import create_app
from webserver.settings import WebSettings
from webserver.track_record.scoring import StoredCloses, TrackRecordScorer

URL = "/api/v1/insights/AAPL"
NOW = datetime.now(UTC)
LAST = pd.bdate_range(end=NOW.date() - timedelta(days=1), periods=1)[0].date()


@pytest.fixture
def client(redis_url, s3_bucket):
    """A client of a server without an SQL store."""
    with create_app(WebSettings(redis_url=redis_url, s3_bucket=s3_bucket)).test_client() as made:
        yield made


@pytest.fixture
def recording_client(redis_url, s3_bucket, sql_store, monkeypatch):
    monkeypatch.setattr("webserver.app.SqlStore", lambda *_: sql_store)
    with create_app(WebSettings(redis_url=redis_url, s3_bucket=s3_bucket)).test_client() as made:
        yield made


def put(store, *, rows=700, ends=LAST, source="tiingo", last_move=0.1, replacing=None, closes=None):
    days = pd.bdate_range(end=ends, periods=rows, name="date")
    if closes is None:
        closes = 100 * np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.01, rows)))
        closes[-1] = closes[max(-2, -rows)] * np.exp(last_move)
    frame = pd.DataFrame(dict.fromkeys(COLUMNS, closes), index=days)
    frame["volume"] = 1000.0
    return store.write(PriceSeries("AAPL", source, "USD", frame), fetched_at=NOW, replacing=replacing)


def test_the_insights_name_source_day_and_evidence(client, store):
    facts = put(store)
    body = client.get(URL).json
    assert {name: body[name] for name in ("ticker", "source", "source_name", "as_of", "rows", "stale", "sample")} == {
        "ticker": "AAPL", "source": "tiingo", "source_name": "Tiingo", "as_of": str(LAST), "rows": 700, "stale": False,
        "sample": False,
    }  # fmt: skip
    assert body["prices_version"] == facts.revision
    assert body["written_by"] == "templates"
    assert body["sentences"][0]["facts"] == ["move_day", "move_day_usual"]
    assert 5 <= len(body["sentences"]) <= 8
    by_id = {fact["id"]: fact for fact in body["facts"]}
    assert by_id["move_day_usual"]["percentile"] == 100
    assert {name for sentence in body["sentences"] for name in sentence["facts"]} <= by_id.keys()
    assert body["sentiment"]["mood"] in {"positive", "neutral", "negative"}
    assert {"season", "forecasts_inside"} <= {each["id"] for each in body["left_out"]}


def test_new_prices_change_the_tag_and_the_sentences(client, store):
    facts = put(store)
    tag = {"If-None-Match": client.get(URL).headers["ETag"]}
    assert client.get(URL, headers=tag).status_code == 304
    put(store, last_move=-0.2, replacing=facts)
    again = client.get(URL, headers=tag)
    assert again.status_code == 200
    assert "−18.1 %" in again.json["sentences"][0]["text"]


def test_scored_forecasts_change_the_tag_and_are_told(recording_client, store, sql_store):
    put(store)
    tag = {"If-None-Match": recording_client.get(URL).headers["ETag"]}
    assert recording_client.get(URL, headers=tag).status_code == 304
    target = LAST - timedelta(days=1)
    made = [one for days in range(30, 50) for one in finished(1, days=days, as_of=LAST - timedelta(days=31),
                                                              target_date=target)]  # fmt: skip
    sql_store.transaction(lambda c: entries.append_forecasts(c, made, NOW))
    closes = StoredCloses("yahoo", "c" * 64, LAST, {LAST - timedelta(days=31): 101.0, target: 103.0})
    assert TrackRecordScorer(sql_store, lambda _: closes, lambda: NOW).run().outcomes == {"scored": 20}
    again = recording_client.get(URL, headers=tag)
    assert again.status_code == 200
    [inside] = [fact for fact in again.json["facts"] if fact["id"] == "forecasts_inside"]
    assert inside["source"] == "track record"
    assert inside["text"].endswith("of the last 20 forecasts inside their 80 % range")


def test_without_a_track_record_the_rest_is_told(client, store):
    put(store)
    left_out = {each["id"]: each["reason"] for each in client.get(URL).json["left_out"]}
    assert left_out["forecasts_inside"] == "The track record cannot be read now."


def write_company(s3, s3_bucket):
    filed = [LAST - timedelta(days=quarter * 91 - 10) for quarter in range(1, 13)]
    reports = tuple(FiledReport(kind="results", form="8-K", filed=day, accession=f"{day}") for day in filed)
    document = CompanyDocument(ticker="AAPL", fetched_at=NOW, cik=1, name="Apple Inc.", reports=reports)
    CompanyObjects(s3, s3_bucket).write(document, None)


def test_the_next_report_is_told_from_the_stored_facts_of_the_company(client, store, s3, s3_bucket):
    write_company(s3, s3_bucket)
    put(store)
    body = client.get(URL).json
    [report] = [fact for fact in body["facts"] if fact["id"] == "report_ahead"]
    assert 0 < report["value"] <= 10
    assert report["source"] == "sec"
    assert any(sentence["facts"] == ["report_ahead"] for sentence in body["sentences"])


def test_uploaded_prices_have_no_reports_of_the_company_with_their_ticker(client, store, s3, s3_bucket):
    write_company(s3, s3_bucket)
    put(store, source="upload")
    assert all(fact["id"] != "report_ahead" for fact in client.get(URL).json["facts"])


def test_stale_and_sample_prices_are_marked(client, store):
    put(store, source="sample", ends=LAST - timedelta(days=400))
    body = client.get(URL).json
    assert (body["stale"], body["sample"], body["source_name"]) == (True, True, "the sample data")


def test_only_the_last_ten_years_are_compared(client, store):
    put(store, rows=4000)
    assert 2590 <= client.get(URL).json["rows"] <= 2612


@pytest.mark.parametrize(
    ("rows", "problem", "part"),
    [
        (0, (404, "not_found"), "No prices of AAPL are stored"),
        (1, (422, "too_little_data"), "AAPL has one price. At least 60 are needed"),
        (59, (422, "too_little_data"), "AAPL has 59 prices"),
    ],
)
def test_a_missing_or_short_history_is_named(client, store, rows, problem, part):
    if rows:
        put(store, rows=rows)
    answer = client.get(URL)
    assert (answer.status_code, answer.json["code"]) == problem
    assert part in answer.json["detail"]


def test_prices_of_zero_are_implausible(client, store):
    put(store, rows=100, closes=np.zeros(100))
    answer = client.get(URL)
    assert (answer.status_code, answer.json["code"]) == (422, "implausible_prices")


def test_a_ticker_that_is_none_is_refused(client):
    answer = client.get("/api/v1/insights/a b")
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_ticker")
