"""The page's tab of what is unusual about a stock: sentences with their evidence, and the sentiment with its caveat."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.conftest import NARROW, Shot, fit
from tests.e2e.test_page import ask, expect_answer

INSIGHTS = "**/api/v1/insights/AAPL"


def open_insights(page: Page) -> None:
    ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    page.get_by_role("tab", name="Insights").click()


def test_sentences_have_their_evidence_and_the_sentiment_its_caveat(page: Page, shot: Shot) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "insights" in request.url else None)
    ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    assert asked == [], "the first view loads nothing of the tab"
    page.get_by_role("tab", name="Insights").click()
    items = page.locator("#insights-sentences > li")
    expect(items.nth(4)).to_be_visible()
    assert items.count() <= 8
    expect(page.locator("#insights-source")).to_contain_text("sample prices")
    expect(items.first.locator("dl")).to_be_hidden()
    items.first.locator("summary").click()
    expect(items.first.locator("dd").first).to_have_text(re.compile(r"Percentile [\d.]+ among \d+ earlier days\."))
    expect(page.locator("#insights-mood")).to_have_text(re.compile("^(Positive|Neutral|Negative), without predictive"))
    expect(page.locator("#insights-caveat")).to_contain_text("foretells nothing")
    expect(page.locator("#insights-evidence")).to_contain_text("standard error")
    for summary in ("How the sentiment comes about", "All facts", "What the data do not allow"):
        page.get_by_text(summary, exact=True).click()
    expect(page.locator("#insights-facts tbody tr")).not_to_have_count(0)
    shot("insights")
    fit(page, NARROW)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_failure_is_told_in_the_tab_and_can_be_tried_again(page: Page) -> None:
    detail = "AAPL has 12 prices. At least 60 are needed for insights."
    page.route(INSIGHTS, lambda route: route.fulfill(status=422, json={"code": "too_little_data", "detail": detail}))
    open_insights(page)
    expect(page.locator("#insights-state")).to_contain_text(detail)
    expect(page.locator("#answer-title")).to_contain_text("AAPL")
    page.unroute(INSIGHTS)
    page.locator("#insights-state button").click()
    expect(page.locator("#insights-sentences > li").first).to_be_visible()
    expect(page.locator("#insights-state")).to_have_text("")
