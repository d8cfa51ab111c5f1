"""The page of the track record, in a real browser under its policy."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import NARROW, WIDE, PageErrors, keep_picture, violations

ENOUGH = {
    "kind": "live",
    "forecasts": 1310,
    "waiting": 98,
    "outcomes": {"scored": 1204, "ended": 8},
    "scored": 1204,
    "tickers": 52,
    "target_days": 121,
    "is_enough": True,
    "coverage": [
        {"level": 0.5, "inside": 590, "fraction": 0.49},
        {"level": 0.8, "inside": 951, "fraction": 0.7899},
        {"level": 0.95, "inside": 1140, "fraction": 0.9468},
    ],
    "means": {
        "abs_error_pct": 5.12,
        "error_pct": -0.31,
        "crps_pct": 3.6,
        "brier_up": 0.248,
        "last_price_abs_error_pct": 5.2,
        "last_price_crps_pct": 3.69,
    },
    "pit": [118, 125, 121, 119, 122, 117, 124, 116, 120, 122],
    "months": [
        {"month": "2026-04", "forecasts": 240, "target_days": 21, "crps_difference": -0.021, "standard_error": 0.012},
        {"month": "2026-05", "forecasts": 25, "target_days": 3, "crps_difference": 0.03, "standard_error": None},
        {"month": "2026-06", "forecasts": 19, "target_days": 9, "crps_difference": None, "standard_error": None},
    ],
    "chains": {},
}
MISS = {
    "ticker": "AAPL",
    "days": 30,
    "as_of": "2013-03-01",
    "target_date": "2013-04-01",
    "quantiles": [350.0, 380.0, 400.0, 430.0, 450.0, 480.0, 500.0],
    "outcome": {"actual": 600.0, "error_pct": -39.5},
}


@pytest.fixture(params=["wide", "narrow"])
def page(request, browser, stack):
    context = browser.new_context(viewport=WIDE if request.param == "wide" else NARROW, base_url=stack)
    opened, errors = context.new_page(), PageErrors()
    opened.set_default_timeout(100_000)
    opened.on("console", errors.record)
    opened.on("pageerror", lambda error: errors.found.append(f"thrown: {error}"))
    yield opened
    assert errors.found == []
    context.close()


def test_a_new_record_says_that_nothing_has_come_due(page):
    page.goto("/track-record")
    page.get_by_role("heading", name="No forecast has come due yet.").wait_for()
    assert page.locator("#figures").is_hidden()
    assert violations(page) == []


def test_the_record_is_shown_with_its_pictures_and_tables(page):
    page.route("**/api/v1/track-record?*", lambda route: route.fulfill(json=ENOUGH))
    page.route("**/api/v1/track-record/misses?*", lambda route: route.fulfill(json={"forecasts": [MISS], "next": None}))
    page.goto("/track-record?ticker=AAPL&horizon=30")
    page.get_by_role("heading", name="the 80 % band held 79 %").wait_for()
    assert page.get_by_label("Ticker").input_value() == "AAPL"
    assert page.locator("#reliability circle").count() == 3
    assert page.locator("#pit rect").count() == 10
    assert page.locator("#pit-table").evaluate("(region) => region.scrollHeight <= region.clientHeight + 1")
    assert (page.locator("#months circle").count(), page.locator("#months .error").count()) == (2, 1)
    assert "−2.1 % ± 2.4 %\t240" in page.locator("#months-table").inner_text().replace("\u00a0", " ")
    assert "−39.5 %" in page.locator("#misses-table").inner_text().replace("\u00a0", " ")
    keep_picture(page, f"track-record-{page.viewport_size['width']}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []


def test_every_figure_of_a_replay_is_marked_as_one(page):
    page.route("**/api/v1/track-record?*", lambda route: route.fulfill(json=ENOUGH | {"kind": "replay"}))
    page.route("**/api/v1/track-record/misses?*", lambda route: route.fulfill(json={"forecasts": [MISS], "next": None}))
    page.goto("/track-record")
    page.get_by_label("Forecasts").select_option("replay of the past")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("heading", name="Replay, computed afterwards").wait_for()
    headings = page.locator("h2:visible").all_inner_texts()
    assert len(headings) == 5
    assert all("replay" in heading.lower() for heading in headings)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []


def test_an_answer_has_a_line_with_the_record_of_its_stock_and_horizon(page):
    month = {"first_days": 15, "last_days": 60, "words": "about a month ahead"}
    sentence = "Of 1204 forecasts of AAPL about a month ahead that came due, the 80 % range held 951 (79 %)."
    found = ENOUGH | {"horizon": month, "sentence": sentence}
    page.route("**/api/v1/track-record?*", lambda route: route.fulfill(json=found))
    page.route("**/chart-script.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
    page.goto("/?ticker=AAPL&days=30")
    line = page.locator("#answer-record")
    expect(line).to_have_text(sentence)
    keep_picture(page, f"answer-record-{page.viewport_size['width']}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    line.get_by_role("link").click()
    page.get_by_role("heading", name="the 80 % band held 79 %").wait_for()
    assert (page.get_by_label("Ticker").input_value(), page.get_by_label("Days ahead").input_value()) == ("AAPL", "60")


def test_an_answer_without_a_record_has_no_line(unopened):
    page = unopened
    problem = {"code": "store_unavailable", "detail": "away", "status": 503}
    page.route("**/api/v1/track-record?*", lambda route: route.fulfill(status=503, json=problem))
    with page.expect_response("**/api/v1/track-record?*"):
        page.goto("/?ticker=AAPL&days=30")
    expect(page.locator("#answer-title")).to_contain_text("AAPL on")
    expect(page.locator("#answer-record")).to_be_empty()


def test_the_record_is_narrowed_by_model_and_period(page):
    page.goto("/track-record")
    assert page.locator("#export").get_attribute("href") == "api/v1/track-record/export"
    page.get_by_label("Model").select_option("prophet")
    page.get_by_label("Days ahead").select_option("61 to 135")
    page.get_by_label("Target days from").fill("2026-01-02")
    page.get_by_label("Target days to").fill("2026-06-30")
    with page.expect_request("**/api/v1/track-record?*") as sent:
        page.get_by_role("button", name="Show").click()
    asked = parse_qs(urlsplit(sent.value.url).query)
    period = {"start": ["2026-01-02"], "end": ["2026-06-30"]}
    assert asked == {"kind": ["live"], "model": ["prophet"], "horizon": ["135"]} | period
    page.get_by_role("heading", name="No forecast has come due yet.").wait_for()
    assert page.get_by_label("Days ahead").input_value() == "135"
    exported = urlsplit(page.get_by_role("link", name="The selected entries as CSV").get_attribute("href"))
    assert (exported.path, parse_qs(exported.query)) == ("/api/v1/track-record/export", asked)
    assert page.get_by_label("Target days to").input_value() == "2026-06-30"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []


def test_a_wrong_selection_is_explained(browser, stack):
    context = browser.new_context(viewport=WIDE, base_url=stack)
    page = context.new_page()
    page.goto("/track-record?horizon=0")
    page.get_by_role("alert").get_by_text("horizon").wait_for()
    context.close()
