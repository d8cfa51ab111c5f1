"""What surrounds the answer: suggestions, addresses, cancelling, tabs, the interactive chart, the browser's memory."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.test_page import ask, expect_answer, expect_picture, worded

Shot = Callable[[str], None]
FIRST_VIEW_BYTES = 100_000


def expect_chart(page: Page) -> None:
    expect(page.locator("#forecast-chart .main-svg").first).to_be_visible(timeout=20_000)


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
    expect(page.get_by_role("tabpanel", name=name)).to_be_visible()


@pytest.fixture
def answered(page: Page) -> Page:
    """The page with the answer for AAPL and its interactive chart."""
    page.goto("/?ticker=AAPL&days=30")
    expect_answer(page, "AAPL")
    expect_chart(page)
    return page


def test_names_and_tickers_are_suggested_while_typing(page: Page, shot: Shot) -> None:
    box = page.get_by_role("combobox")
    box.press_sequentially("apple")
    first = page.get_by_role("option").first
    expect(first).to_contain_text("AAPL")
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("ArrowDown")
    expect(first).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == first.get_attribute("id")
    shot("suggestions")
    box.press("Enter")
    expect(box).to_have_value("AAPL")
    expect(page.get_by_role("listbox")).to_be_hidden()
    box.press("Enter")
    expect_answer(page, "AAPL")


def test_suggestions_close_by_escape_and_are_chosen_by_a_click(page: Page) -> None:
    box = page.get_by_role("combobox")
    box.press_sequentially("MSF")
    expect(page.get_by_role("option").first).to_be_visible()
    box.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    box.press("ArrowDown")
    page.get_by_role("option").filter(has_text="MSFT").first.click()
    expect(box).to_have_value("MSFT")
    expect(box).to_be_focused()


def test_presets_set_the_days(page: Page) -> None:
    page.get_by_role("button", name="1 week").click()
    expect(page.get_by_label("Days ahead")).to_have_value("7")
    expect(page.get_by_role("button", name="1 week")).to_have_attribute("aria-pressed", "true")


def test_the_address_carries_the_question_and_back_leads_to_the_one_before(page: Page) -> None:
    ask(page, "aapl", "30")
    expect_answer(page, "AAPL")
    expect(page).to_have_url(re.compile(r"/\?ticker=AAPL&days=30$"))
    expect(page).to_have_title("AAPL, 30 days – Stockcast")
    ask(page, "MSFT", "7")
    expect_answer(page, "MSFT")
    page.go_back()
    expect_answer(page, "AAPL")
    expect(page.get_by_label("Days ahead")).to_have_value("30")
    page.go_back()
    expect(page.locator("#answer")).to_be_hidden()
    expect(page.get_by_label("Ticker")).to_have_value("")
    page.go_forward()
    expect_answer(page, "AAPL")


def test_a_running_forecast_can_be_cancelled(page: Page, shot: Shot) -> None:
    deleted: list[str] = []

    def under_way(route: Route) -> None:
        if route.request.method == "DELETE":
            deleted.append(route.request.url)
        route.fulfill(status=200, json={"status": "forecasting"})

    page.route("**/api/v1/forecasts", under_way)
    page.route("**/api/v1/forecasts/*", under_way)
    ask(page, "AAPL", "30")
    expect(page.locator("#waiting")).to_have_attribute("data-stage", "forecasting")
    shot("forecasting")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#waiting")).to_be_hidden()
    expect(page.locator("#announcer")).to_have_text("Cancelled.")
    expect(page.get_by_role("button", name="Forecast")).to_be_focused()
    page.wait_for_timeout(300)
    assert len(deleted) == 1


def test_the_interactive_chart_comes_over_the_picture(answered: Page, shot: Shot) -> None:
    page = answered
    assert expect_picture(page)
    expect(page.locator("#forms")).to_be_visible()
    page.get_by_role("button", name="Candles").click()
    expect(page.locator("#forecast-chart .boxlayer path").first).to_be_attached()
    expect(page.locator("#forecast-chart .bars path").first).to_be_attached()
    page.get_by_role("button", name="6 months").click()
    shown = page.evaluate("document.getElementById('forecast-chart').layout.xaxis.range")
    assert shown[0].startswith("2012-09-01")
    expect(page.locator("#forecast-chart")).to_have_attribute("aria-label", worded("Chart of AAPL: .* 80 % interval"))
    page.locator("#chart").hover()
    expect(
        page.locator("#forecast-chart .hoverlayer .legend, #forecast-chart .hoverlayer .hovertext").first
    ).to_be_attached()
    shot("candles")


def test_without_the_chart_s_script_the_picture_stays(page: Page) -> None:
    page.route("**/chart-script.js", lambda route: route.fulfill(status=200, content_type="text/javascript", body=""))
    ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    assert expect_picture(page)
    expect(page.locator("#plot")).to_be_visible()
    expect(page.locator("#forecast-chart")).to_be_hidden()


def test_the_forecast_and_the_backtest_are_tables_too(answered: Page, shot: Shot) -> None:
    page = answered
    page.get_by_text("The forecast as a table").click()
    expect(page.locator("#forecast-table tbody tr").nth(10)).to_be_attached()
    open_tab(page, "Backtest")
    expect(page.locator("#backtest-words")).to_contain_text(worded("trading days ahead"))
    expect(page.locator("#backtest-table tbody tr").first).to_contain_text(worded(r"\d{4}"))
    expect(page.locator("#backtest-chart .main-svg").first).to_be_visible()
    shot("backtest")


def test_the_data_tab_says_where_prices_came_from_and_gives_them_as_csv(answered: Page, shot: Shot) -> None:
    page = answered
    open_tab(page, "Data")
    expect(page.locator("#answer-facts")).to_contain_text("Sample (public-domain Quandl WIKI data)")
    expect(page.locator("#stored-facts")).to_contain_text(worded(r"Longest gap \d days"))
    expect(page.locator("#stored-facts")).to_contain_text("Checks")
    expect(page.locator("#prices-table")).to_contain_text(worded("Fri 1 Mar 2013"))
    shot("data")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the prices as CSV").click()
    assert download.value.path().read_text().startswith("date,open,high,low,close")


def test_stocks_are_compared_from_100_on(answered: Page, shot: Shot) -> None:
    page = answered
    open_tab(page, "Compare")
    page.get_by_label("Compare with").fill("msft, ibm")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#compare-table tbody tr")).to_have_count(3)
    expect(page.locator("#compare-chart .scatterlayer .trace")).to_have_count(3)
    shot("compare")


def test_what_cannot_be_compared_is_said_beside_the_field(answered: Page) -> None:
    page = answered
    open_tab(page, "Compare")
    field = page.get_by_label("Compare with")
    for others, words in [("", "one to three"), ("A B C D", "one to three"), ("ZZZZZZ", "ZZZZZZ")]:
        field.fill(others)
        page.get_by_role("button", name="Compare").click()
        expect(field).to_have_accessible_description(re.compile(words), timeout=15_000)
        expect(field).to_have_attribute("aria-invalid", "true")


def test_the_watchlist_and_recent_questions_are_there_after_a_reload(answered: Page, shot: Shot) -> None:
    page = answered
    page.get_by_role("button", name="Watch AAPL").click()
    page.goto("/")
    rows = page.locator("#watchlist tbody tr")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text(worded(r"AAPL 430.47 on Fri 1 Mar 2013 −2.5 % [\d.]+ USD"), use_inner_text=True)
    expect(page.get_by_role("navigation", name="Recent questions")).to_contain_text("AAPL, 30")
    shot("watchlist")
    page.get_by_role("button", name="Remove AAPL").click()
    expect(page.locator("#watchlist")).to_be_hidden()
    page.get_by_role("navigation", name="Recent questions").get_by_role("link").click()
    expect_answer(page, "AAPL")


def test_the_first_view_is_light_and_has_no_chart_script(page: Page) -> None:
    loaded: list[tuple[str, int]] = []
    page.on("requestfinished", lambda request: loaded.append((request.url, request.sizes()["responseBodySize"])))
    page.goto("/")
    page.wait_for_load_state("networkidle")
    assert sum(size for _, size in loaded) < FIRST_VIEW_BYTES
    assert not [url for url, _ in loaded if "chart-script" in url]


def test_nothing_moves_when_answer_and_chart_come_above_a_watchlist(answered: Page) -> None:
    page = answered
    page.get_by_role("button", name="Watch AAPL").click()
    page.reload()
    page.evaluate("watched.shift = 0")
    ask(page, "IBM", "30")
    expect_answer(page, "IBM")
    expect_chart(page)
    expect(page.locator("#forms")).to_be_visible()
    assert page.evaluate("watched.shift") < 0.02


def test_offline_is_said_and_survived(page: Page) -> None:
    page.route("**/api/**", lambda route: route.abort("internetdisconnected"))
    ask(page, "AAPL", "30")
    expect(page.locator("#stage")).to_contain_text("The server cannot be reached; trying again")
    page.unroute("**/api/**")
    expect_answer(page, "AAPL")


def test_the_answer_fits_every_width(answered: Page) -> None:
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    for width in (360, 768, 1920, 3840):
        answered.set_viewport_size({"width": width, "height": 900})
        for tab in ("Forecast", "Backtest", "Compare", "Data"):
            open_tab(answered, tab)
            assert answered.evaluate(overflow) <= 0, f"{tab} at {width}"
