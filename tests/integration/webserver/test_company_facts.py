"""The facts about a ticker over HTTP, with real S3, Redis and ingestion, and an SEC on the loopback interface."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from common.domain.companies.shares import Split
from common.domain.prices import COLUMNS, PriceSeries
from common.redis.leases import LeaseKeeper
from common.rpc.addresses import Address
from common.s3.company_objects import CompanyObjects
from ingestion_service.composition import compose
from ingestion_service.fundamentals.commands import CompanyCommands
from ingestion_service.prices.commands import PriceCommands
from ingestion_service.service import IngestionService
from ingestion_service.settings import IngestionSettings
from test_support.sources.sec_source import CONTACT, sec_source
from tests.integration.common.test_tcp import serving
from webserver.app import create_app
from webserver.companies import service as company_service
from webserver.market.sectors import texts_about_tickers
from webserver.settings import WebSettings

NOW = datetime.now(UTC)
NOWHERE = Address("127.0.0.1", 1)
URL = "/api/v1/tickers/AAPL/facts"


@pytest.fixture
def sec(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with sec_source({"AAPL": 320193}, NOW.date()) as source:
        yield source


@pytest.fixture
def web_with(redis_url, s3_bucket, redis_stores, sec):
    """Return a function that runs the web server and ingestion with settings of the SEC."""

    @contextmanager
    def run(**changes):
        urls = {"sec_url": sec.url, "sec_data_url": sec.url, "sec_contact": CONTACT}
        settings = IngestionSettings(redis_url=redis_url, s3_bucket=s3_bucket, providers=(), **(urls | changes))
        made = compose(settings)
        others = PriceCommands(made.stores, made.store, made.prices, made.newest_prices)
        commands = CompanyCommands(made.companies, others)
        service = IngestionService(
            redis_stores.attempts, LeaseKeeper(redis_stores.attempts), made.prices, commands, NOWHERE
        )
        with (
            serving(service.take, handle_command=service.handle_command) as ingestion,
            create_app(
                WebSettings(redis_url=redis_url, s3_bucket=s3_bucket, ingestion_address=ingestion)
            ).test_client() as client,
        ):
            yield client

    return run


@pytest.fixture
def web_alone(redis_url, s3_bucket):
    """The web server without ingestion."""
    settings = WebSettings(redis_url=redis_url, s3_bucket=s3_bucket, ingestion_address=NOWHERE)
    with create_app(settings).test_client() as client:
        yield client


def prices(source="tiingo", flags=(), splits=(), rows=300, age_days=1):
    """Return prices with a dividend of 0.5 on their day 200."""
    days = pd.bdate_range(end=NOW.date() - timedelta(days=age_days), periods=rows, name="date")
    closes = 100 + np.arange(float(rows)) / 8
    frame = pd.DataFrame(dict.fromkeys(COLUMNS, closes), index=days)
    if rows > 200:
        frame.loc[days[:200], "adj_close"] *= 1 - 0.5 / closes[199]
    return PriceSeries("AAPL", source, "USD", frame, flags=flags, splits=splits)


def test_facts_dividends_splits_and_reports_are_in_one_answer(web_with, store, sec):
    series = prices(splits=(Split(NOW.date() - timedelta(days=90), 4.0),))
    store.write(series, fetched_at=NOW, replacing=None)
    with web_with() as client:
        answer = client.get(URL)
        body = answer.json
        company = body["company"]
        assert (company["name"], company["sector"], company["source_name"]) == ("AAPL Corp.", "Technology", "the SEC")
        assert (company["age_days"], body["company_problem"]) == (0, None)
        latest = company["revenue"]["quarters"][0]
        assert (latest["unit"], latest["filing"]["form"][:3], latest["tag"][:8]) == ("USD", "10-", "us-gaap:")
        assert company["report_days"] == sorted(company["report_days"], reverse=True)
        assert company["next_report"]["estimated"] is True
        assert body["dividends"] == [
            {"date": str(series.frame.index[200].date()), "amount": 0.5, "share_pct": pytest.approx(0.4004, abs=1e-4)}
        ]
        assert body["splits"] == [{"date": str(NOW.date() - timedelta(days=90)), "ratio": 4.0}]
        assert (body["prices"]["source"], body["splits_note"]) == ("tiingo", None)
        again = client.get(URL, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert len(sec.asked) == 3


@pytest.mark.parametrize(("age_days", "is_said"), [(300, False), (400, True)])
def test_prices_that_end_long_ago_may_be_of_another_company_than_lists_the_ticker(web_with, store, age_days, is_said):
    store.write(prices(age_days=age_days), fetched_at=NOW, replacing=None)
    with web_with() as client:
        notes = client.get(URL).json["company"]["notes"]
    assert any("the company that lists AAPL today" in note for note in notes) is is_said


def test_without_a_contact_the_answer_says_how_to_set_it(web_with, store, sec):
    store.write(prices(), fetched_at=NOW, replacing=None)
    with web_with(sec_contact=None) as client:
        body = client.get(URL).json
        assert (body["company"], body["company_problem"]["code"]) == (None, "company_facts_off")
        assert "SEC_CONTACT" in body["company_problem"]["detail"]
        assert len(body["dividends"]) == 1
    assert sec.asked == []


@pytest.mark.parametrize(
    ("ticker", "changes", "status", "code"),
    [
        ("NOPE", {}, 404, "no_company_facts"),
        ("VOD.L", {}, 404, "no_company_facts"),
        ("AAPL", {"sec_contact": None}, 404, "company_facts_off"),
        ("A$", {}, 400, "invalid_ticker"),
    ],
)
def test_without_facts_and_prices_the_request_fails_with_a_code(web_with, ticker, changes, status, code):
    with web_with(**changes) as client:
        answer = client.get(f"/api/v1/tickers/{ticker}/facts")
        assert (answer.status_code, answer.json["code"]) == (status, code)


def test_an_sec_that_fails_takes_nothing_else_with_it(web_with, store, sec):
    store.write(prices(), fetched_at=NOW, replacing=None)
    sec.error_status = 500
    with web_with() as client:
        body = client.get(URL).json
        assert (body["company"], body["company_problem"]["code"]) == (None, "provider_unavailable")
        assert len(body["dividends"]) == 1
        asked = len(sec.asked)
        client.get(URL)
        assert len(sec.asked) == asked  # nobody asks again within minutes


def test_old_facts_stay_with_the_reason_why_there_are_no_newer_ones(web_with, sec, monkeypatch):
    with web_with() as client:
        assert client.get(URL).json["company_problem"] is None
    sec.error_status = 403
    monkeypatch.setattr(company_service, "ASKED_AFTER", timedelta(0))
    with web_with(company_fresh_for_days=1e-9) as client:
        body = client.get(URL).json
        assert body["company"]["name"] == "AAPL Corp."
        assert "refused the call" in body["company_problem"]["detail"]


def test_without_ingestion_the_answer_has_what_is_stored(web_alone, store, monkeypatch):
    monkeypatch.setattr("webserver.stocks.ingestion_client.DISPATCH_PATIENCE_S", 0.0)
    store.write(prices(), fetched_at=NOW, replacing=None)
    body = web_alone.get(URL).json
    assert (body["company"], body["company_problem"]["code"]) == (None, "busy")


@pytest.mark.parametrize(
    ("source", "flags", "dividends"),
    [("finnhub", ("no dividends in adj_close",), None), ("upload", (), 1), ("sample", (), 1)],
)
def test_prices_tell_what_they_know(web_with, store, source, flags, dividends):
    store.write(prices(source, flags, splits=None), fetched_at=NOW, replacing=None)
    with web_with() as client:
        body = client.get(URL).json
    assert (None if body["dividends"] is None else len(body["dividends"])) == dividends
    assert body["splits"] is None
    assert "without their splits" in body["splits_note"]
    if source == "upload":
        assert "are uploaded" in body["company_problem"]["detail"]


def test_one_bar_has_no_dividends(web_with, store):
    store.write(prices(rows=1), fetched_at=NOW, replacing=None)
    with web_with() as client:
        assert client.get(URL).json["dividends"] == []


def test_the_board_has_the_sectors_of_facts_and_of_the_file(s3, s3_bucket, monkeypatch):
    companies = CompanyObjects(s3, s3_bucket)
    companies.note_sector("NEW", "Technology")
    companies.note_sector("JPM", "Crypto assets")
    find = texts_about_tickers([], companies)["sector"]
    assert [find(ticker) for ticker in ("NEW", "JPM", "PG", "NOPE")] == [
        "Technology",
        "Crypto assets",
        "Industrial applications and services",
        None,
    ]
    companies.note_sector("LATER", "Finance")
    assert find("LATER") is None  # the board is read again each day only
    monkeypatch.setattr("webserver.market.sectors.READ_AGAIN_S", 0.0)
    assert texts_about_tickers([], companies)["sector"]("LATER") == "Finance"
