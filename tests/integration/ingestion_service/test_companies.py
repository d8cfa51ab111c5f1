"""Facts about companies: the loopback SEC, real Redis and S3."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from common.domain.errors import CompanyFactsOff, NoCompanyFacts, ProviderUnavailable
from common.runtime.version import USER_AGENT
from common.s3.company_objects import CompanyObjects
from ingestion_service.composition import compose
from ingestion_service.refresh.command import refresh_company
from ingestion_service.settings import IngestionSettings
from test_support.sources.sec_source import CONTACT, sec_source
from test_support.sources.source_server import answering

TODAY = datetime.now(UTC).date()
COMPANIES = {"AAPL": 320193, "BRK-B": 1067983}


@pytest.fixture
def sec(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with sec_source(COMPANIES, TODAY) as source:
        yield source


@pytest.fixture
def compose_for(sec, redis_url, s3_bucket):
    def make(**changes):
        urls = {"sec_url": sec.url, "sec_data_url": sec.url, "sec_contact": CONTACT}
        return compose(IngestionSettings(redis_url=redis_url, s3_bucket=s3_bucket, providers=(), **(urls | changes)))

    return make


@pytest.fixture
def documents(s3, s3_bucket):
    return CompanyObjects(s3, s3_bucket)


def test_facts_are_fetched_once_and_stored(sec, compose_for, documents):
    ingestion = compose_for()
    assert ingestion.companies.ensure_fresh("AAPL", 30) == "created"
    stored = documents.read("AAPL").document
    assert (stored.name, stored.sector, stored.revenue.years[0].unit) == ("AAPL Corp.", "Technology", "USD")
    assert ingestion.companies.ensure_fresh("AAPL", 30) == "kept"
    assert len(sec.asked) == 3
    sent = [{name.lower(): value for name, value in headers.items()} for _, headers in sec.asked]
    assert {(headers["user-agent"], headers["accept-encoding"]) for headers in sent} == {
        (f"{USER_AGENT} {CONTACT}", "gzip")
    }


def test_old_facts_are_fetched_again_but_their_figures_only_after_a_new_report(sec, compose_for, documents):
    compose_for().companies.ensure_fresh("BRK.B", 30)
    old = documents.read("BRK.B")
    ingestion = compose_for(company_fresh_for_days=1e-9)
    assert ingestion.companies.ensure_fresh("BRK.B", 30) == "kept"
    assert [path.split("/")[1] for path in sec.paths] == ["files", "submissions", "api", "files", "submissions"]
    assert documents.read("BRK.B").etag
    path = "/submissions/CIK0001067983.json"
    sec.files[path]["filings"]["recent"]["accessionNumber"] = [
        f"{number}-new" for number in sec.files[path]["filings"]["recent"]["accessionNumber"]
    ]
    assert ingestion.companies.ensure_fresh("BRK.B", 30) == "kept"
    assert sec.paths[-1] == "/api/xbrl/companyfacts/CIK0001067983.json"
    # The SEC's figures do not have the new filing yet, so the next refresh fetches them again.
    assert documents.read("BRK.B").document.figures_of is None
    assert old.document.figures_of is not None


def test_without_a_contact_the_sec_is_not_asked(sec, compose_for):
    with pytest.raises(CompanyFactsOff, match="SEC_CONTACT"):
        compose_for(sec_contact=None).companies.ensure_fresh("AAPL", 30)
    assert sec.asked == []


def test_an_unknown_ticker_has_no_facts(sec, compose_for, documents):
    with pytest.raises(NoCompanyFacts, match="NOPE"):
        compose_for().companies.ensure_fresh("NOPE", 30)
    assert documents.read("NOPE") is None
    assert len(sec.asked) == 1


@pytest.mark.parametrize(
    ("status", "words"), [(403, "refused the call"), (429, "too many calls"), (503, "status 503"), (302, "status 302")]
)
def test_a_refusal_pauses_the_calls_and_keeps_the_stored_facts(sec, compose_for, documents, status, words):
    compose_for().companies.ensure_fresh("AAPL", 30)
    ingestion = compose_for(company_fresh_for_days=1e-9)
    ingestion.companies.table.find("AAPL", 30)
    before = documents.read("AAPL")
    sec.error_status = status
    with pytest.raises(ProviderUnavailable, match=words):
        ingestion.companies.ensure_fresh("AAPL", 30)
    assert documents.read("AAPL") == before
    if status in {403, 429}:
        asked = len(sec.asked)
        with pytest.raises(ProviderUnavailable, match="asked again at"):
            ingestion.companies.ensure_fresh("AAPL", 30)
        assert len(sec.asked) == asked


def test_a_company_without_figures_has_facts(sec, compose_for, documents):
    del sec.files["/api/xbrl/companyfacts/CIK0000320193.json"]
    compose_for().companies.ensure_fresh("AAPL", 30)
    assert documents.read("AAPL").document.reports


def test_a_company_whose_file_is_gone_has_no_facts(sec, compose_for):
    del sec.files["/submissions/CIK0000320193.json"]
    with pytest.raises(NoCompanyFacts):
        compose_for().companies.ensure_fresh("AAPL", 30)


@pytest.mark.parametrize("body", [b"\x1f\x8b" + bytes(50), b"not compressed"], ids=["damaged", "plain"])
def test_a_damaged_answer_is_a_failure(sec, compose_for, body):
    sec.handle = answering(200, body, Content_Encoding="gzip")
    with pytest.raises(ProviderUnavailable, match="unreadable"):
        compose_for().companies.ensure_fresh("AAPL", 30)


def test_a_small_answer_that_expands_beyond_the_limit_is_refused(sec, compose_for, monkeypatch):
    monkeypatch.setattr("ingestion_service.fundamentals.sec_client.MOST_BYTES", 100)
    with pytest.raises(ProviderUnavailable, match="more data"):
        compose_for().companies.ensure_fresh("AAPL", 30)


def test_a_damaged_document_is_fetched_again(sec, compose_for, documents, s3, s3_bucket):
    s3.put_object(Bucket=s3_bucket, Key="fundamentals/AAPL.json", Body=b"{}")
    assert compose_for().companies.ensure_fresh("AAPL", 30) == "kept"
    assert documents.read("AAPL").document.name == "AAPL Corp."


def test_a_refresh_of_prices_also_refreshes_the_company(sec, compose_for, documents):
    assert refresh_company(compose_for(), "AAPL") == ""
    assert documents.read("AAPL").document is not None
    assert refresh_company(compose_for(sec_contact=None), "MSFT") == ""
    sec.error_status = 500
    assert "status 500" in refresh_company(compose_for(), "MSFT")


def test_the_sector_of_each_ticker_is_noted_for_the_board(sec, compose_for, documents, s3, s3_bucket):
    assert documents.read_sectors() == {}
    for ticker in ("AAPL", "BRK-B"):
        compose_for().companies.ensure_fresh(ticker, 30)
    assert documents.read_sectors() == {"AAPL": "Technology", "BRK-B": "Technology"}
    documents.note_sector("AAPL", None)
    assert documents.read_sectors() == {"BRK-B": "Technology"}
    s3.put_object(Bucket=s3_bucket, Key="fundamentals/.sectors", Body=b"damaged")
    documents.note_sector("AAPL", "Finance")
    assert documents.read_sectors() == {"AAPL": "Finance"}


def test_sectors_that_are_noted_at_the_same_time_are_all_kept(documents):
    tickers = [f"T{number}" for number in range(4)]
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(documents.note_sector, tickers, ["Finance"] * len(tickers)))
    assert set(documents.read_sectors()) == set(tickers)


def test_an_sec_that_is_away_is_named(compose_for):
    with pytest.raises(ProviderUnavailable, match=r"^The SEC could not be reached\."):
        compose_for(sec_url="http://127.0.0.1:1").companies.ensure_fresh("AAPL", 30)
