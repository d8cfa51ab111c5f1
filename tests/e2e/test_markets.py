"""A share in London, quoted in pence, and one in Tokyo, from the source to what a person reads.

An American company on the same stack has facts and reports.
"""

from __future__ import annotations

import os
import re
import subprocess
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

import httpx
import pandas as pd
import pytest
from playwright.sync_api import expect

from common.domain.markets.dates import exchange_day
from common.domain.markets.trading_calendars import sessions
from common.domain.price_chances import chance_words
from common.domain.results import Forecast
from test_support.paths import ROOT
from test_support.sources.sec_source import CONTACT, sec_source
from test_support.sources.yahoo_source import Quoted, closes_of, yahoo_source
from test_support.stacks.run_app import running_stack
from tests.e2e.conftest import DEADLINE_S, PATIENT, fit, violations, watched_page
from tests.e2e.test_page import expect_answer, worded
from tests.e2e.test_page_tools import expect_chart

PATIENCE_S = DEADLINE_S + 50.0
QUOTES = {"VOD.L": Quoted("GBp", 72.34), "7203.T": Quoted("JPY", 2815.5), "ABC.XX": Quoted("EUR", 10.0)} | {
    "AAPL": Quoted("USD", 201.0)
}


@pytest.fixture(scope="module")
def today():
    """The day on which the tests began, which may end meanwhile."""
    return datetime.now(UTC).date()


@pytest.fixture(scope="module")
def stack(today):
    """The URL of a stack whose one source has listings of other markets."""
    with yahoo_source(QUOTES, today) as source, sec_source({"AAPL": 320193}, today) as sec:
        of_sec = {"SEC_URL": sec.url, "SEC_DATA_URL": sec.url, "SEC_CONTACT": CONTACT}
        settings = {"PROVIDERS": "yahoo", "YAHOO_URL": source.url} | of_sec
        with running_stack(settings | PATIENT) as running:
            yield running.url


@pytest.fixture
def client(stack):
    with httpx.Client(base_url=stack, trust_env=False, timeout=PATIENCE_S) as made:
        yield made


def forecast(client, ticker, days):
    answer = client.post("/api/v1/forecasts", json={"ticker": ticker, "days": days})
    assert answer.status_code == 200, answer.text
    return Forecast.model_validate(answer.json())


def days_until(month, day, ticker):
    """Return the calendar days from the exchange's today to the next such day that is at least a month away."""
    today = exchange_day(datetime.now(UTC), ticker)
    wanted = next(found for year in (today.year, today.year + 1, today.year + 2)
                  if (found := date(year, month, day)) > today + pd.Timedelta(days=30))  # fmt: skip
    return (wanted - today).days


@pytest.mark.parametrize(
    ("ticker", "calendar", "holiday", "first_session"), [("VOD.L", "XLON", (12, 25), 27), ("7203.T", "XTKS", (5, 3), 6)]
)
def test_the_days_of_a_forecast_are_sessions_of_its_exchange(client, ticker, calendar, holiday, first_session):
    before = exchange_day(datetime.now(UTC), ticker)
    answer = forecast(client, ticker, days_until(*holiday, ticker))
    assert answer.counted_from in {before, exchange_day(datetime.now(UTC), ticker)}
    assert answer.target_date.month == holiday[0]
    assert answer.target_date.day >= first_session
    days = [day.date for day in answer.forecast]
    assert days == list(sessions(calendar, answer.as_of, answer.target_date).date)[1:]
    assert not answer.data.stale
    assert answer.data.flags == []


@pytest.mark.parametrize("ticker", ["VOD.L", "7203.T"])
def test_amount_and_unit_are_those_of_the_source(client, ticker, today):
    quoted = QUOTES[ticker]
    answer = forecast(client, ticker, 30)
    assert (answer.currency, answer.last_close) == (quoted.currency, quoted.last_close)
    assert answer.predicted_price == pytest.approx(quoted.last_close, rel=0.3)
    stored = client.get(f"/api/v1/prices/{ticker}?format=csv")
    assert stored.headers["Stockcast-Currency"] == quoted.currency
    closes = closes_of(ticker, quoted.last_close, today)
    assert stored.text.splitlines()[-1].startswith(f"{closes.index[-1].date()},")
    assert stored.text.splitlines()[-1].split(",")[4] == str(quoted.last_close)
    assert client.get(f"/api/v1/tickers/{ticker}").json()["currency"] == quoted.currency


def test_pence_are_words_for_people_and_a_code_for_programs(stack):
    printed = run_app(stack, "forecast", "VOD.L", "--days", "30")
    assert "last close" in printed
    assert " pence" in printed
    assert "GBP" not in printed.upper()
    assert ",GBp," in run_app(stack, "forecast", "VOD.L", "--days", "30", "--csv")


def test_an_unknown_exchange_is_named(client):
    answer = forecast(client, "ABC.XX", 30)
    assert answer.data.flags == [
        "The exchange of ABC.XX is not known; its trading days are those of the New York Stock Exchange."
    ]


def test_the_page_of_a_london_share_is_in_pence_throughout(stack, browser):
    with watched_page(browser, stack) as page:
        page.goto("/?ticker=VOD.L&days=30")
        expect(expect_answer(page, "VOD.L")).to_contain_text(
            worded(r": \d+\.\d\d pence, 80 % between [\d.]+ pence and [\d.]+ pence\.$")
        )
        expect_chart(page)
        expect(page.locator("#answer-verdict")).to_contain_text(worded(r"between [\d.]+ and [\d.]+ pence on"))
        expect(page.locator("#answer-figures")).to_contain_text("72.34 pence")
        expect(page.locator("#chances-words")).to_contain_text("72.34 pence")
        expect(page.locator("#forecast-chart")).to_contain_text("pence")
        field, words = page.get_by_label("Price of the line"), page.locator("#line-words")
        expect(field).to_have_accessible_description("In pence, or drag the line")
        for text in ("75", "75p", "75.00 pence", "75 GBp"):
            field.fill(text)
            expect(words).to_contain_text(
                worded(r"^Above 75\.00 pence: \d+ of 20, \d+ %; touched on the way: \d+ %\.$")
            )
        for text in ("£0.75", "0.75 GBP", "$75"):
            field.fill(text)
            expect(field).to_have_accessible_description(
                "The prices of this stock are in pence. Type the number alone."
            )
            expect(words).to_be_empty()
        for width in (1280, 375):
            fit(page, {"width": width, "height": 800})
            main = page.locator("main").inner_text()
            assert "pence" in page.locator("#forecast-chart").inner_text()
            assert "GBp" not in main
            assert "GBP" not in main
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
            assert violations(page) == []


def test_page_api_and_command_line_state_the_same_chances(stack, browser, client):
    answer = client.post("/api/v1/forecasts", json={"ticker": "VOD.L", "days": 30}).raise_for_status().json()
    with watched_page(browser, stack) as page:
        page.goto("/?ticker=VOD.L&days=30")
        expect_answer(page, "VOD.L")
        expect_chart(page)
        for price in ("70", "72.34", "75.125"):
            address = f"/api/v1/forecasts/{answer['request_id']}/chances?above={price}&touch={price}"
            chances = client.get(address).raise_for_status().json()
            above, touch = (chance_words(chances[name]["probability"]) for name in ("above", "touch"))
            printed = run_app(stack, "forecast", "VOD.L", "--days", "30", "--above", price, "--touch", price)
            named = f"{price}{'.00' if '.' not in price else ''} pence"
            assert re.search(rf"Above {named} on .*: {above}\n", printed)
            assert re.search(rf"Touches {named} at a close by .*: {touch}\n", printed)
            page.get_by_label("Price of the line").fill(price)
            words = page.locator("#line-words")
            expect(words).to_contain_text(worded(rf"^Above {named}: \d+ of 20, {above}"))
            if price != str(answer["last_close"]):
                expect(words).to_contain_text(worded(rf"touched on the way: {touch}\.$"))


def run_app(stack, *arguments):
    environment = os.environ | {"PORT": str(urlsplit(stack).port)}
    command = [str(ROOT / "run_app.sh"), *arguments]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_american_company_has_facts_marks_and_an_expected_report(client, stack, browser):
    # Facts are fetched when a person asks for them, or by the nightly refresh.
    assert client.get("/api/v1/tickers/AAPL/facts").json()["company"]["name"] == "AAPL Corp."
    with watched_page(browser, stack) as page:
        page.goto("/?ticker=AAPL&days=120")
        expect_answer(page, "AAPL")
        expect(page.locator("#answer-notices")).to_contain_text("The company may report between")
        expect(page.locator("#chart-key")).to_contain_text("reports of results (|)")
        expect_chart(page)
        names = page.evaluate("document.getElementById('forecast-chart').data.map(({name}) => name)")
        assert "Report" in names
        page.get_by_role("tab", name="Company", exact=True).click()
        expect(page.locator("#company-terms")).to_contain_text("Electronic Computers (SIC 3571)")
        expect(page.locator("#company-years tbody tr").first).to_contain_text("460 million USD".replace(" ", "\u00a0"))
        expect(page.locator("#company-source")).to_contain_text("the SEC, fetched today")
        expect(page.locator("#company-next")).to_contain_text("an estimate")
        assert violations(page) == []
