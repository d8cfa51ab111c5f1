"""Forecasts of other fields than the close on the page."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.conftest import NARROW, fit, violations

MONEY = re.compile(r"\$|USD|currency|gain|price may", re.IGNORECASE)


def ask_for(page: Page, field: str, past: str) -> None:
    page.locator("#options summary").click()
    page.get_by_label("Forecast of").select_option(field)
    page.get_by_label("Length of the past").select_option(past)
    page.get_by_label("Ticker or company").fill("IBM")
    page.get_by_role("button", name="Forecast", exact=True).click()
    expect(page.locator("#answer-title")).to_contain_text(f"IBM’s {field}")


def test_volume_is_in_shares_without_the_parts_that_are_about_money(charted: Page) -> None:
    page = charted
    ask_for(page, "volume", "2 years")
    assert page.url.endswith("?ticker=IBM&days=30&field=volume&history_days=731")
    answer = page.locator("#answer")
    expect(page.locator("#plot")).to_have_class(re.compile("covered"))
    expect(page.locator("#answer-title")).to_contain_text(re.compile(r"\d\sM\sshares"))
    expect(page.locator("#answer-figures")).to_contain_text("Usual volume")
    for part in ("#tab-risk", "#tab-components", "#chances", "#watch", "#forms", "#path-switch", "#price-line"):
        expect(page.locator(part)).to_be_hidden()
    assert not MONEY.search(answer.inner_text())
    page.locator("#forecast-table-fold summary").click()
    expect(page.locator("#forecast-table caption")).to_have_text("Forecast of IBM’s volume in shares")
    page.get_by_role("tab", name="Backtest").click()
    expect(page.locator("#backtest-table th").nth(2)).to_have_text("Usual volume")
    assert not MONEY.search(page.locator("#panel-backtest").inner_text())
    assert violations(page) == []
    fit(page, NARROW)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    # A shared address and a recent question lead to the same answer.
    page.goto("/")
    page.get_by_role("navigation", name="Recent questions").get_by_role("link").first.click()
    expect(page.locator("#answer-title")).to_contain_text("IBM’s volume")
    expect(page.locator("#field")).to_have_value("volume")
    expect(page.locator("#history_days")).to_have_value("731")


def test_high_keeps_the_line_and_its_currency_and_makes_no_alert(page: Page) -> None:
    ask_for(page, "high", "")
    expect(page.locator("#answer-figures")).to_contain_text("Last high")
    expect(page.locator("#chances-words")).to_contain_text("equally likely high")
    expect(page.locator("#line-words")).to_contain_text("Above $")
    for part in ("#line-alert", "#watch", "#tab-risk", "#answer-record a"):
        expect(page.locator(part)).to_be_hidden()
    page.get_by_role("tab", name="Compare").click()
    page.get_by_label("Compare with").fill("MSFT")
    expect(page.locator("#others-hint")).to_contain_text("Compares the high of each day.")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#compare-table caption")).to_have_text("High, indexed to 100 on the first common day")
    expect(page.locator("#compare-table th").nth(3)).to_have_text("Last high")
    page.goto("/?ticker=IBM&days=30")
    expect(page.locator("#answer-title")).to_contain_text("IBM on ")
    for part in ("#watch", "#tab-risk", "#tab-components", "#chances"):
        expect(page.locator(part)).to_be_visible()


def test_an_unknown_field_and_a_wrong_past_of_an_address_are_explained(unopened: Page) -> None:
    page = unopened
    page.goto("/?ticker=IBM&days=30&field=weight&history_days=5")
    expect(page.locator("#field-error")).to_contain_text("does not exist")
    expect(page.locator("#history_days-error")).to_contain_text("60 to 3653")
    page.goto("/?ticker=IBM&days=30&field=low&history_days=500")
    expect(page.locator("#answer-title")).to_contain_text("IBM’s low")
    expect(page.locator("#history_days option:checked")).to_have_text("500 days")
