"""Suggestions, addresses, cancelling, tabs, the interactive chart and the browser's storage."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from tests.e2e.conftest import (
    WIDE,
    Lists,
    Shot,
    fit,
    keep_picture,
    keep_pictures,
    look,
    stop_clock,
    take_pictures,
    watched_page,
)
from tests.e2e.test_page import ask, expect_answer, expect_picture, hover_last_day, worded

FIRST_VIEW_BYTES, BOARD_BYTES = 100_000, 35_000
BOARD = re.compile(r"/market[./?]|/market$")
"""The addresses of what loads with the market's board, after the first view."""


def expect_chart(page: Page) -> None:
    expect(page.locator("#forecast-chart .main-svg").first).to_be_visible()
    expect(page.locator("#forms")).to_be_visible()


def chart_of(page: Page, what: str) -> Any:
    """Return a property of the forecast's chart in plotly."""
    return page.evaluate(f"document.getElementById('forecast-chart').{what}")


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
    expect(page.get_by_role("tabpanel", name=name)).to_be_visible()


def open_answer(page: Page) -> None:
    """Open a shared address, and wait for the answer for AAPL and its interactive chart."""
    page.goto("/?ticker=AAPL&days=30")
    expect_answer(page, "AAPL")
    expect_chart(page)


@pytest.fixture
def answered(blank: Page) -> Page:
    """A page with the answer for AAPL and its interactive chart."""
    open_answer(blank)
    return blank


@pytest.fixture(scope="module")
def shared_answer(browser: Browser, stack: str) -> Iterator[Page]:
    """A page with the same answer, which the tests of a module share: loading it takes longer than looking at it."""
    with watched_page(browser, stack) as page:
        open_answer(page)
        yield page


@pytest.fixture
def shown(shared_answer: Page) -> Page:
    """The shared answer, as it was opened but for folds, loaded parts and the price of the line."""
    page = shared_answer
    look(page, "light", WIDE)
    open_tab(page, "Forecast")
    page.get_by_role("button", name="Line", exact=True).click()
    page.locator("#ranges").get_by_role("button", name="6 months").click()
    page.get_by_label("Price of the line").fill("430")
    return page


def test_names_and_tickers_are_suggested_while_typing(page: Page, shot: Shot) -> None:
    box = page.get_by_role("combobox", name="Ticker or company")
    box.press_sequentially("apple")
    first = page.locator("#suggestions").get_by_role("option").first
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


def test_escape_closes_suggestions_and_a_click_chooses_one(page: Page) -> None:
    box = page.get_by_role("combobox", name="Ticker or company")
    box.press_sequentially("MSF")
    expect(page.locator("#suggestions").get_by_role("option").first).to_be_visible()
    expect(page.get_by_role("listbox")).to_have_accessible_name("Suggestions")
    box.press("ArrowDown")
    box.press("ArrowUp")
    assert box.get_attribute("aria-activedescendant") is None, "before the first is the field itself"
    box.press("ArrowUp")
    expect(page.locator("#suggestions").get_by_role("option").last).to_have_attribute("aria-selected", "true")
    box.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value("MSF")
    box.press("ArrowDown")
    page.locator("#suggestions").get_by_role("option").filter(has_text="MSFT").first.click()
    expect(box).to_have_value("MSFT")
    expect(box).to_be_focused()


def test_a_late_search_leaves_the_list_in_which_the_keys_move(page: Page) -> None:
    held: list[Route] = []
    page.route("**/api/v1/tickers?q=apple", lambda route: held.append(route))  # noqa: PLW0108 - a method of C has no signature
    box = page.get_by_role("combobox", name="Ticker or company")
    box.press_sequentially("appl")
    first = page.locator("#suggestions").get_by_role("option").first
    expect(first).to_contain_text("AAPL")
    with page.expect_request("**/api/v1/tickers?q=apple"):
        box.press("e")
    box.press("ArrowDown")
    expect(first).to_have_attribute("aria-selected", "true")
    held[0].fulfill(json={"query": "apple", "tickers": [{"ticker": "IBM", "name": "IBM", "stored": True}]})
    page.evaluate("fetch('/livez').then((answer) => answer.text())")  # what came before it has been read by now
    expect(first).to_have_attribute("aria-selected", "true")
    expect(first).to_contain_text("AAPL")
    box.press("Enter")
    expect(box).to_have_value("AAPL")


def test_presets_set_the_days(page: Page) -> None:
    presets = page.get_by_role("group", name="Common horizons")
    for name, days in [("1 week", "7"), ("3 months", "91"), ("1 year", "365"), ("1 month", "30")]:
        presets.get_by_role("button", name=name).click()
        expect(page.get_by_label("Days ahead")).to_have_value(days)
        expect(presets.locator("[aria-pressed=true]")).to_have_text(name)
    page.get_by_label("Days ahead").fill("8")
    expect(presets.locator("[aria-pressed=true]")).to_have_count(0)


def test_preset_beside_an_answer_requests_its_horizon(page: Page) -> None:
    ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    page.get_by_role("button", name="3 months").first.click()
    expect(page).to_have_url(re.compile(r"/\?ticker=AAPL&days=91$"))
    expect_answer(page, "AAPL")
    expect(page.locator("#plot-download")).to_have_attribute("download", "AAPL-91d.png")
    expect(page.get_by_role("group", name="Common horizons").locator("[aria-pressed=true]")).to_have_text("3 months")


def test_no_preset_is_pressed_beside_an_answer_for_another_horizon(page: Page) -> None:
    pressed = page.get_by_role("group", name="Common horizons").locator("[aria-pressed=true]")
    ask(page, "AAPL", "91")
    expect_answer(page, "AAPL")
    page.get_by_label("Days ahead").fill("7")
    expect(pressed).to_have_count(0)
    page.get_by_label("Days ahead").fill("91")
    expect(pressed).to_have_text("3 months")


def test_preset_without_a_ticker_requests_the_stock_of_the_answer(page: Page) -> None:
    ask(page, "AAPL", "91")
    expect_answer(page, "AAPL")
    page.get_by_label("Ticker").fill("")
    page.get_by_role("button", name="1 week").click()
    expect(page).to_have_url(re.compile(r"/\?ticker=AAPL&days=7$"))


def test_preset_requests_the_ticker_of_a_company_name(page: Page) -> None:
    page.get_by_role("combobox", name="Ticker or company").press_sequentially("microsoft")
    page.get_by_role("button", name="1 week").click()
    expect(page).to_have_url(re.compile(r"/\?ticker=MSFT&days=7$"))


def test_button_requests_the_ticker_of_a_company_name(page: Page) -> None:
    page.get_by_role("combobox", name="Ticker or company").press_sequentially("microsoft")
    expect(page.locator("#suggestions").get_by_role("option").first).to_be_visible()
    page.get_by_role("button", name="Forecast").click()
    expect(page).to_have_url(re.compile(r"/\?ticker=MSFT&days=30$"))


@pytest.mark.parametrize("typed", ["microsoft", "Microsoft Corp", "MICROSOFT"])
def test_enter_on_a_company_name_requests_its_ticker(page: Page, typed: str) -> None:
    box = page.get_by_role("combobox", name="Ticker or company")
    box.press_sequentially(typed)
    box.press("Enter")
    expect_answer(page, "MSFT")
    expect(box).to_have_value("MSFT")


def test_after_escape_the_text_is_a_ticker(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data or "") if request.method == "POST" else None)
    box = page.get_by_role("combobox", name="Ticker or company")
    box.press_sequentially("apple")
    expect(page.locator("#suggestions").get_by_role("option").first).to_be_visible()
    box.press("Escape")
    with page.expect_request(lambda request: request.method == "POST"):
        box.press("Enter")
    assert '"ticker":"apple"' in asked[0]


def test_after_escape_before_the_suggestions_the_text_is_a_ticker(page: Page) -> None:
    held: list[Route] = []
    page.route("**/api/v1/tickers?*", lambda route: held.append(route))  # noqa: PLW0108 - a method of C has no signature
    box = page.get_by_role("combobox", name="Ticker or company")
    with page.expect_request("**/api/v1/tickers?*"):
        box.press_sequentially("apple")
    box.press("Escape")
    page.unroute("**/api/v1/tickers?*")
    with page.expect_request(lambda request: request.method == "POST") as asked:
        box.press("Enter")
    assert '"ticker":"apple"' in (asked.value.post_data or "")


def test_address_contains_the_question_and_back_returns_to_the_previous_one(page: Page) -> None:
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


def test_a_running_forecast_can_be_cancelled(lists: Lists, page: Page, shot: Shot) -> None:
    assert lists.all() == [], "the hints are for people without a list"
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
    with page.expect_request(lambda request: request.method == "DELETE"):
        page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#waiting")).to_be_hidden()
    expect(page.locator("#announcer")).to_have_text("Cancelled.")
    assert len(deleted) == 1
    expect(page.locator("#answer")).to_be_hidden()
    expect(page.locator("#cancelled-words")).to_have_text(worded("^The forecast of AAPL for 30 days was cancelled.$"))
    expect(page.locator("#welcome")).to_be_visible()
    shot("cancelled")
    again = page.get_by_role("button", name="Ask again")
    expect(again).to_be_focused()
    again.click()
    expect(page.locator("#waiting")).to_have_attribute("data-stage", "forecasting")
    expect(page.locator("#cancelled")).to_be_hidden()


def test_interactive_chart_replaces_the_picture(shown: Page) -> None:
    page = shown
    assert expect_picture(page)
    expect(page.locator("#plot")).to_have_css("visibility", "hidden")
    expect(page.locator("#forecast-chart")).to_have_attribute("aria-label", worded("Chart of AAPL: .* 80 % interval"))
    names = ["Close", "95 %", "80 %", "50 %", "Median", "Volume", "Outcomes"]
    assert [name for name in chart_of(page, "data.map(({name}) => name)") if name in names] == names
    page.get_by_role("button", name="Candles").click()
    expect(page.locator("#forecast-chart .boxlayer path").first).to_be_attached()
    expect(page.locator("#forecast-chart .bars path").first).to_be_attached()
    page.locator("#ranges").get_by_role("button", name="3 months").click()
    expect(page.locator("#ranges [aria-pressed=true]")).to_have_text("3 months")
    assert chart_of(page, "layout.xaxis.range") == ["2012-12-01", "2013-04-01"]
    least, most = chart_of(page, "layout.yaxis.range")
    assert 320 < least < most < 650, "the prices of three months fill the chart"
    hover_last_day(page)
    expect(page.locator("#forecast-chart .hoverlayer")).to_contain_text("Mon 1 Apr 2013")
    expect(page.locator("#forecast-chart .hoverlayer")).to_contain_text(re.compile(r"Median : \d+\.\d\d"))
    take_pictures(page, "candles")


def test_whole_history_has_its_changepoints(shown: Page) -> None:
    page = shown
    page.locator("#ranges").get_by_role("button", name="All").click()
    page.wait_for_function("() => document.getElementById('forecast-chart').layout.xaxis.range[0] === '2003-03-03'")
    bends = chart_of(page, "data.find(({name}) => name === 'Changepoint').x")
    assert len(bends) > 5
    assert bends == sorted(bends)
    keep_pictures(page, "all-of-the-history")


def test_drag_zooms_and_double_click_resets(shown: Page) -> None:
    page = shown
    page.evaluate("Plotly.setPlotConfig({doubleClickDelay: 100_000})")  # the second of two clicks may come late
    whole = chart_of(page, "layout.xaxis.range")
    area = page.locator("#forecast-chart .nsewdrag").first
    area.scroll_into_view_if_needed()
    room = area.bounding_box()
    assert room is not None
    y = room["y"] + room["height"] / 2
    page.mouse.move(room["x"] + room["width"] * 0.4, y)
    page.mouse.down()
    page.mouse.move(room["x"] + room["width"] * 0.6, y, steps=4)
    page.mouse.up()
    expect(page.locator("#ranges [aria-pressed=true]")).to_have_count(0)
    start, end = chart_of(page, "layout.xaxis.range")
    assert whole[0] < start < end < whole[1]
    zoomed = chart_of(page, "layout.yaxis.range")
    area.dblclick()
    expect(page.locator("#ranges [aria-pressed=true]")).to_have_text("6 months")
    assert chart_of(page, "layout.xaxis.range") == whole
    assert chart_of(page, "layout.yaxis.range") != zoomed


def test_chart_follows_the_colour_scheme(shown: Page) -> None:
    page = shown
    light = chart_of(page, "layout.paper_bgcolor")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(
        """() => document.getElementById("forecast-chart").layout.paper_bgcolor
            === getComputedStyle(document.documentElement).getPropertyValue("--card").trim()"""
    )
    assert chart_of(page, "layout.paper_bgcolor") != light


def test_components_are_words_charts_and_tables(shown: Page) -> None:
    page = shown
    open_tab(page, "Components")
    expect(page.locator("#components-words")).to_contain_text("They have no weight in this forecast")
    expect(page.locator("#trend-chart .main-svg").first).to_be_visible()
    expect(page.locator("#yearly-chart .main-svg").first).to_be_visible()
    bends = page.locator("#changepoint-table tbody tr")
    expect(page.locator("#changepoint-words")).to_contain_text(worded(f"bent {bends.count()} times"))
    marks = "document.getElementById('trend-chart').data.find(({name}) => name === 'Changepoint').x.length"
    assert page.evaluate(marks) == bends.count() > 5
    page.get_by_text("The changepoints as a table").click()
    expect(bends.first).to_have_text(re.compile(r"^\d+\s[A-Z][a-z]{2}\s\d{4}[+−]\d+\.\d$"))
    page.get_by_text("The trend as a table").click()
    expect(page.locator("#trend-table tbody th").first).to_have_text(worded("1 Apr 2013"))
    expect(page.locator("#yearly-words")).to_contain_text(worded(r"by −[\d.]+ % to \+[\d.]+ % of the trend"))
    expect(page.locator("#yearly-table tbody th").first).to_have_text(worded("1 Jan"))
    take_pictures(page, "components")


def test_without_the_chart_script_the_picture_remains(page: Page) -> None:
    ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    assert expect_picture(page)
    expect(page.locator("#plot")).to_be_visible()
    expect(page.locator("#forecast-chart")).to_be_hidden()
    expect(page.locator("#chart-controls")).to_be_hidden()


def test_late_chart_of_a_replaced_question_is_never_drawn(charted: Page) -> None:
    page = charted
    held: dict[str, Route] = {}
    page.route("**/chart-script.js", lambda route: held.update(script=route))
    page.route("**/api/v1/prices/MSFT?*", lambda route: held.update(prices=route))
    with page.expect_response("**/api/v1/prices/AAPL?*"):
        ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    with page.expect_request("**/api/v1/prices/MSFT?*"):
        ask(page, "MSFT", "30")
    held["script"].continue_()
    page.wait_for_function("() => window.Plotly")
    expect(page.locator("#forecast-chart")).to_be_hidden()
    held["prices"].continue_()
    expect_chart(page)
    expect(page.locator("#forecast-chart")).to_have_attribute("aria-label", re.compile("^Chart of MSFT"))


def test_forecast_and_backtest_have_tables(answered: Page, shot: Shot) -> None:
    page = answered
    page.get_by_text("The forecast as a table").click()
    expect(page.locator("#forecast-table tbody tr")).to_have_count(20)
    expect(page.locator("#forecast-table tbody th").last).to_have_text(worded("Mon 1 Apr 2013"))
    open_tab(page, "Backtest")
    expect(page.locator("#backtest-words")).to_contain_text(worded("trading days ahead"))
    expect(page.locator("#backtest-table tbody tr")).to_have_count(40)
    expect(page.locator("#backtest-table tbody tr").first).to_have_text(
        worded(r"^31 Jan 20131 Mar 2013455\.49[\d.]+ – [\d.]+430\.47\+\d\.\d %yes$")
    )
    expect(page.locator("#backtest-chart .main-svg").first).to_be_visible()
    shot("backtest")
    ask(page, "AAPL", "7")
    expect(page.locator("#forecast-table tbody tr")).to_have_count(5)


def test_data_tab_names_the_source_and_offers_a_csv(unopened: Page, shot: Shot) -> None:
    page = unopened
    page.goto("/?ticker=AAPL&days=30")
    expect_answer(page, "AAPL")
    open_tab(page, "Data")
    expect(page.locator("#answer-facts")).to_contain_text("The sample data: ")
    expect(page.locator("#stored-facts")).to_contain_text(worded(r"Longest gap: \d days"))
    expect(page.locator("#stored-facts")).to_contain_text("Checks")
    expect(page.locator("#prices-table tbody tr").first).to_have_text(
        worded("^1 Mar 2013438.00438.18429.98430.4719,730,300$")
    )
    shot("data")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the prices as CSV").click()
    assert download.value.path().read_text().startswith("date,open,high,low,close")


def test_compared_stocks_start_at_100(shown: Page) -> None:
    page = shown
    open_tab(page, "Compare")
    page.get_by_label("Compare with").fill("msft, ibm")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#compare-table tbody tr")).to_have_count(3)
    expect(page.locator("#compare-chart .scatterlayer .trace")).to_have_count(3)
    assert page.evaluate("document.getElementById('compare-chart').data.map(({y}) => y[0])") == [100, 100, 100]
    page.get_by_text("Month by month as a table").click()
    expect(page.locator("#months-table thead")).to_have_text("DateAAPLMSFTIBM")
    expect(page.locator("#months-table tbody th").first).to_have_text(worded("1 Mar 2013"))
    take_pictures(page, "compare")


def test_impossible_comparison_is_explained_beside_the_field(unopened: Page) -> None:
    page = unopened
    page.goto("/?ticker=AAPL&days=30")
    expect_answer(page, "AAPL")
    open_tab(page, "Compare")
    field = page.get_by_label("Compare with")
    for others, words in [("", "one to three"), ("A B C D", "one to three"), ("ZZZZZZ", "ZZZZZZ")]:
        field.fill(others)
        page.get_by_role("button", name="Compare").click()
        expect(field).to_have_accessible_description(re.compile(words))
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(page.locator("#compare-chart")).to_be_hidden()


def test_a_part_that_cannot_be_loaded_is_explained_and_can_be_loaded_again(answered: Page) -> None:
    page = answered
    # A script whose loading failed is not loaded again. The chart and the board are shown when theirs are loaded.
    expect(page.locator("#market")).to_be_visible()
    page.context.set_offline(True)
    page.get_by_role("tab", name="Compare").click()
    panel = page.get_by_role("tabpanel", name="Compare")
    expect(panel).to_contain_text("could not be loaded. Check that you are online.")
    page.context.set_offline(False)
    panel.get_by_role("button", name="Try again").click()
    expect(page.get_by_label("Compare with")).to_be_visible()
    expect(panel).to_be_focused()


def test_recent_questions_survive_a_reload(unopened: Page) -> None:
    page = unopened
    page.goto("/?ticker=AAPL&days=30")
    expect_answer(page, "AAPL")
    page.goto("/")
    recent = page.get_by_role("navigation", name="Recent questions")
    expect(recent).to_contain_text("AAPL, 30")
    recent.get_by_role("link").click()
    expect_answer(page, "AAPL")


def test_foreign_entries_in_the_storage_are_ignored(page: Page, lists: Lists) -> None:
    put = "(kept) => ['recent', 'watched'].forEach((name) => localStorage.setItem(`stockcast.${name}`, kept))"
    for kept in ("{", "null", '[1, null, {"ticker": 5}]', '[{"ticker": "AAPL"}]'):
        page.evaluate(put, kept)
        page.reload()
        expect(page.locator("#welcome")).to_be_visible()  # the page's script has come to its end
        expect(page.locator("#watchlist-empty")).to_be_visible()
        expect(page.locator("#recent")).to_be_hidden()


def test_first_view_is_small_and_has_no_chart_script(blank: Page) -> None:
    page = blank
    finished: list[Request] = []
    page.on("requestfinished", lambda request: finished.append(request))  # noqa: PLW0108 - a method of C has no signature
    page.goto("/")
    # The network may also be idle while the page computes before the next of its parts.
    expect(page.locator("#market")).to_be_visible()
    expect(page.locator("#foot")).to_be_visible()
    page.wait_for_load_state("networkidle")
    loaded = [(request.url, request.sizes()["responseBodySize"]) for request in finished]
    first = [(url, size) for url, size in loaded if not BOARD.search(url)]
    later = [(url, size) for url, size in loaded if BOARD.search(url)]
    print(f"the first view: {total(first)} bytes in {len(first)} answers, and the board {total(later)} in {len(later)}")
    assert len(first) > 10
    assert len(later) > 10
    assert total(first) < FIRST_VIEW_BYTES
    assert total(later) < BOARD_BYTES
    assert not [url for url, _ in loaded if "chart-script" in url]
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    began = page.evaluate(
        "performance.getEntriesByType('resource').map(({name, startTime}) => [name, startTime])"
        ".filter(([name]) => name.includes('/market/board.js'))[0][1]"
    )
    assert painted <= began, "the board was loaded before the first paint"


def total(loaded: list[tuple[str, int]]) -> int:
    return sum(size for _, size in loaded)


def test_nothing_moves_when_an_answer_appears_above_a_watchlist(lists: Lists, answered: Page) -> None:
    page = answered
    assert page.evaluate("watched.shift") == 0, "a shared address"
    lists.add("AAPL")
    page.goto("/?ticker=IBM&days=30")
    expect_answer(page, "IBM")
    expect_chart(page)
    expect(page.locator("#watchlist-table tbody tr")).to_have_count(1)
    assert page.evaluate("watched.shift") == 0, "above a watchlist"
    ask(page, "MSFT", "30")
    expect_answer(page, "MSFT")
    expect_chart(page)
    assert page.evaluate("watched.shift") == 0, "after another answer"


def test_offline_browser_retries_until_it_is_online(page: Page) -> None:
    stop_clock(page)
    page.context.set_offline(True)
    ask(page, "AAPL", "30")
    expect(page.locator("#stage")).to_contain_text("The server cannot be reached. Trying again")
    page.context.set_offline(False)
    page.clock.resume()
    expect_answer(page, "AAPL")


def test_answer_fits_every_width(shown: Page) -> None:
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    for width in (360, 768, 1920, 3840):
        shown.set_viewport_size({"width": width, "height": 900})
        for tab in ("Forecast", "Risk", "Backtest", "Components", "Compare", "Evaluate", "Patterns", "Data"):
            open_tab(shown, tab)
            shown.wait_for_function(f"() => {overflow} <= 0")  # its charts take a moment to fit


def test_dates_of_a_chart_do_not_overlap_in_a_narrow_window(shown: Page) -> None:
    page = shown
    fit(page, {"width": 1280, "height": 900})
    page.locator("#ranges").get_by_role("button", name="6 months").click()
    page.wait_for_function("() => document.querySelectorAll('#forecast-chart .xtick text').length > 4")
    fit(page, {"width": 360, "height": 740})
    page.wait_for_function(
        """() => {
            const ticks = [...document.querySelectorAll("#forecast-chart .xtick text")];
            const boxes = ticks.map((tick) => tick.getBoundingClientRect());
            return boxes.length > 1 && boxes.slice(1).every((box, at) => box.left > boxes[at].right);
        }"""
    )


def test_text_is_large_enough_on_4k(shown: Page) -> None:
    page = shown
    for tab in ("Forecast", "Components"):
        fit(page, {"width": 3840, "height": 2160})
        open_tab(page, tab)
        keep_picture(page, f"4k-{tab.lower()}-3840-light", full_page=False)
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 24
    page.wait_for_function("() => document.getElementById('forecast-chart').layout.font.size >= 18")
    assert page.evaluate("document.querySelector('main').clientWidth") > 1800


def test_finger_scrolls_the_page_over_the_chart(answered: Page) -> None:
    """A drag must not zoom on a phone: the page could not be scrolled past its chart."""
    page = answered
    page.context.new_cdp_session(page).send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    page.wait_for_function("() => matchMedia('(pointer: coarse)').matches")
    page.locator("#ranges").get_by_role("button", name="1 year").click()
    page.wait_for_function("() => document.getElementById('forecast-chart').layout.dragmode === false")
