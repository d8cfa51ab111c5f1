"""The watchlists of the page, which the server keeps."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from test_support.waiting import until
from tests.e2e.conftest import DEADLINE_S, Lists, Shot, fit, violations, watched_page
from tests.e2e.test_page import FORECASTS, Answer, answer_with, ask, expect_answer, finished, problem, worded

__all__ = ["finished"]  # a fixture

LISTS = re.compile(r"/api/v1/watchlists")
AWAY = problem("store_unavailable", 503, "Accounts and lists cannot be read or written now. Try again later.")
STRANGER = problem("unauthenticated", 401, "This needs an account.")
PHONE: Any = {"width": 375, "height": 812}


def spaced(pattern: str) -> re.Pattern[str]:
    """Compile ``pattern`` so that each of its spaces matches any space between the parts of a row."""
    return re.compile(pattern.replace(" ", r"\s+"), re.DOTALL)


def rows(page: Page) -> Locator:
    return page.locator("#watchlist-table tbody tr")


def expect_stocks(page: Page, *tickers: str) -> None:
    expect(page.locator("#watchlist-table tbody th a")).to_have_text(list(tickers))


def act(page: Page, name: str) -> Locator:
    return page.locator("#watchlist").get_by_role("button", name=name, exact=True)


def keep_in_browser(page: Page, *tickers: str) -> None:
    """Put stocks into the browser's storage, as earlier versions of the page did."""
    latest = {"price": 1.5, "currency": "USD", "target": "2013-03-01", "asOf": "2013-02-01"}
    stored = [{"ticker": ticker, "days": 30} | latest for ticker in tickers]
    page.goto("/livez")  # has the page's origin, and no script
    page.evaluate("stocks => localStorage.setItem('stockcast.watched', stocks)", json.dumps(stored))


def expect_taken_over(page: Page) -> None:
    """Return once the browser keeps no stocks, which is after the lists are shown."""
    page.wait_for_function("() => localStorage.getItem('stockcast.watched') === null")


def kept_in_browser(page: Page) -> str | None:
    found: str | None = page.evaluate("localStorage.getItem('stockcast.watched')")
    return found


def refuse_lists(page: Page, answer: tuple[int, Answer] | None) -> None:
    """Answer every call about lists with a problem, or with none at all."""

    def refuse(route: Route) -> None:
        if answer is None:
            route.abort()
        else:
            route.fulfill(status=answer[0], content_type="application/problem+json", body=json.dumps(answer[1]))

    page.route(LISTS, refuse)


@pytest.fixture
def stored(lists: Lists, finished: Answer) -> Lists:
    """The lists, after the prices of AAPL, IBM and MSFT were stored."""
    assert finished["ticker"] == "AAPL"
    for ticker in ("IBM", "MSFT"):
        lists.client.put(f"/api/v1/tickers/{ticker}").raise_for_status()
    return lists


def test_a_watched_stock_is_in_the_list_of_every_browser(
    stored: Lists, page: Page, browser: Browser, finished: Answer, shot: Shot
) -> None:
    answer_with(page, FORECASTS, [(200, finished)])
    ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    watch = page.get_by_role("button", name="Watch AAPL")
    watch.click()
    expect(watch).to_have_attribute("aria-pressed", "true")
    stored.add("AAPL", days=30, note="Results on 23 April.", chance_above=450)
    stored.add("IBM", days=91, level=0.95)
    with watched_page(browser, str(stored.client.base_url)) as other:
        other.goto("/")
        expect_stocks(other, "AAPL", "IBM")
    page.goto("/")
    expect(rows(page).first).to_contain_text(
        spaced(
            r"AAPL 30 days \$430\.47 1 Mar 2013 −2\.5 % 1\.2 usual moves \$[\d.]+ to \$[\d.]+ 80 %, 1 Apr 2013"
            r" \d\d % above \$450\.00 Results on 23 April\."
        ),
        use_inner_text=True,
    )
    expect(rows(page).last).to_contain_text(spaced("95 %, 31 May 2013"))
    expect(page.locator("#welcome")).to_be_hidden()
    shot("watchlist")
    fit(page, PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    expect(page.get_by_role("table", name="Watched stocks").get_by_role("row")).to_have_count(3)


def test_the_chance_is_that_of_the_api(stored: Lists, unopened: Page, finished: Answer) -> None:
    page = unopened
    asked = stored.client.post("/api/v1/forecasts", json={"ticker": "AAPL", "days": 30}, headers={"Prefer": "wait=60"})
    chances = stored.client.get(f"/api/v1/forecasts/{asked.json()['request_id']}/chances?above=450").json()
    stored.add("AAPL", chance_above=450)
    page.goto("/")
    chance = round(chances["above"]["probability"] * 100)
    expect(rows(page).first).to_contain_text(spaced(f"{chance} % above"))


def test_stocks_are_moved_by_keyboard_and_keep_the_focus(lists: Lists, unopened: Page) -> None:
    page = unopened
    lists.add("AAPL", "IBM", "MSFT")
    page.goto("/")
    act(page, "Move MSFT up").press("Enter")
    expect_stocks(page, "AAPL", "MSFT", "IBM")
    expect(act(page, "Move MSFT up")).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="place")).to_have_text("MSFT is now at place 2 of 3.")
    page.keyboard.press("Enter")
    expect_stocks(page, "MSFT", "AAPL", "IBM")
    expect(act(page, "Move MSFT up")).to_be_disabled()
    expect(act(page, "Move MSFT down")).to_be_focused()
    assert lists.tickers() == ["MSFT", "AAPL", "IBM"]


def test_removal_by_keyboard_leaves_the_focus_in_the_list(lists: Lists, unopened: Page) -> None:
    page = unopened
    lists.add("AAPL", "IBM")
    page.goto("/")
    act(page, "Remove AAPL").press("Enter")
    expect_stocks(page, "IBM")
    expect(act(page, "Remove IBM")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#watchlist-empty")).to_be_visible()
    expect(page.get_by_label("Ticker or company")).to_be_focused()
    assert lists.tickers() == []


def test_days_price_and_note_of_a_stock_are_edited(stored: Lists, unopened: Page, shot: Shot) -> None:
    page = unopened
    stored.add("AAPL", level=0.9)
    page.goto("/")
    act(page, "Edit AAPL").click()
    dialog = page.get_by_role("dialog", name="AAPL in this list")
    dialog.get_by_label("Horizon in days").fill("0")
    dialog.get_by_label("Price of interest").fill("£450")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_label("Horizon in days")).to_have_accessible_description(re.compile("^Enter a whole number"))
    expect(dialog.get_by_label("Price of interest")).to_have_accessible_description(re.compile("in USD"))
    shot("watchlist-stock")
    dialog.get_by_label("Horizon in days").fill("91")
    dialog.get_by_label("Price of interest").fill("$450")
    dialog.get_by_label("Note").fill("Results on 23 April.")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(act(page, "Edit AAPL")).to_be_focused()
    expect(rows(page)).to_contain_text(spaced(r"90 %, 31 May 2013 .* above \$450\.00 Results on 23 April\."))
    (stock,) = stored.stocks()
    assert (stock["days"], stock["level"], stock["chance_above"]) == (91, 0.9, 450)


def test_lists_are_made_renamed_chosen_and_deleted(lists: Lists, unopened: Page, shot: Shot) -> None:
    page = unopened
    lists.add("AAPL")
    page.goto("/")
    expect_stocks(page, "AAPL")
    act(page, "New list").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Watchlist")
    dialog.get_by_label("Name").press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text("Another watchlist has this name. Choose a different one.")
    dialog.get_by_label("Name").fill("Energy")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    choice = page.get_by_label("List", exact=True)
    expect(choice.locator("option")).to_have_text(["Watchlist", "Energy"])
    expect(choice.locator("option:checked")).to_have_text("Energy")
    expect(page.locator("#watchlist-empty")).to_be_visible()
    act(page, "Rename").click()
    dialog.get_by_label("Name").fill("Oil")
    dialog.get_by_label("Name").press("Enter")
    expect(choice.locator("option:checked")).to_have_text("Oil")
    page.reload()
    expect(choice.locator("option:checked")).to_have_text("Oil")
    choice.select_option(label="Watchlist")
    expect_stocks(page, "AAPL")
    act(page, "Delete").click()
    expect(dialog).to_contain_text(worded("Delete the list “Watchlist” with 1 stock"))
    expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    shot("watchlist-deletion")
    dialog.get_by_role("button", name="Keep it").click()
    act(page, "Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(choice.locator("option")).to_have_text(["Oil"])
    assert [each["name"] for each in lists.all()] == ["Oil"]


def test_a_stock_goes_into_the_chosen_list(lists: Lists, unopened: Page, finished: Answer) -> None:
    page = unopened
    lists.add("IBM")
    lists.address("Energy")
    page.goto("/")
    page.get_by_label("List", exact=True).select_option(label="Energy")
    expect(page.locator("#watchlist-empty")).to_be_visible()
    answer_with(page, FORECASTS, [(200, finished)])
    ask(page, "AAPL", "30")
    watch = page.get_by_role("button", name="Watch AAPL")
    expect(watch).to_have_attribute("title", "In the list “Energy”")
    watch.click()
    expect(watch).to_have_attribute("aria-pressed", "true")
    page.get_by_label("List", exact=True).select_option(label="Watchlist")
    expect(watch).to_have_attribute("aria-pressed", "false")
    assert (lists.tickers("Energy"), lists.tickers()) == (["AAPL"], ["IBM"])


def test_an_exported_list_can_be_imported_into_another(lists: Lists, unopened: Page, tmp_path: Path) -> None:
    page = unopened
    lists.add("AAPL", note="fruit, and more", chance_above=450)
    lists.add("IBM", days=91)
    lists.address("Copy")
    page.goto("/")
    expect_stocks(page, "AAPL", "IBM")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    path = tmp_path / "list.csv"
    download.value.save_as(path)
    page.get_by_label("List", exact=True).select_option(label="Copy")
    expect(page.locator("#watchlist-empty")).to_be_visible()
    page.locator("#import-file").set_input_files(path)
    expect_stocks(page, "AAPL", "IBM")
    expect(page.locator("#watchlist-news")).to_have_text(worded("^The list now has 2 stocks.$"))
    assert lists.stocks("Copy") == lists.stocks()
    path.write_text("ticker,days\nAAPL,0\n")
    page.locator("#import-file").set_input_files(path)
    expect(page.locator("#watchlist-problem")).to_contain_text("Line 2 of the CSV")


def test_stocks_of_an_earlier_page_are_taken_over_once(stored: Lists, unopened: Page) -> None:
    page = unopened
    keep_in_browser(page, "IBM", "AAPL")
    page.goto("/")
    expect_stocks(page, "IBM", "AAPL")
    expect(rows(page).first).to_contain_text(spaced(r"\$[\d.]+ to \$[\d.]+ 80 %, 1 Apr 2013"))
    expect_taken_over(page)
    act(page, "Remove IBM").click()
    expect_stocks(page, "AAPL")
    # The row goes before the server's answer, and the reloaded page could read the list before the removal.
    until(lambda: stored.tickers() == ["AAPL"], DEADLINE_S, "IBM was not removed")
    page.reload()
    expect_stocks(page, "AAPL")


def test_two_tabs_take_over_at_once_without_duplicates(lists: Lists, unopened: Page) -> None:
    page = unopened
    keep_in_browser(page, "IBM", "AAPL")
    held: list[Route] = []
    page.context.route(LISTS, lambda route: held.append(route))  # noqa: PLW0108 - Playwright wraps functions only
    tabs = [page, page.context.new_page()]
    for tab in tabs:
        tab.goto("/")

    def is_taken_over() -> bool:
        """Answer each call of one tab beside the same call of the other; return whether both show the list."""
        if len(held) >= 2 or not held:
            page.wait_for_timeout(25)
        while held:
            held.pop(0).continue_()
        return all(rows(tab).count() == 2 for tab in tabs)

    until(is_taken_over, DEADLINE_S, "the tabs have not taken over the stocks")
    for tab in tabs:
        expect_stocks(tab, "IBM", "AAPL")
    assert [(each["name"], each["tickers"]) for each in lists.all()] == [("Watchlist", ["IBM", "AAPL"])]
    expect_taken_over(page)


def test_an_interrupted_takeover_goes_on_at_the_next_visit(lists: Lists, unopened: Page) -> None:
    page = unopened
    keep_in_browser(page, "IBM", "AAPL")
    # The import reaches the server, and its answer does not reach the page.
    page.route(re.compile(":import$"), lambda route: (route.fetch(), route.abort())[1])
    page.goto("/")
    expect(page.locator("#watchlist-problem")).to_contain_text("The stocks that this browser has kept are not in")
    assert kept_in_browser(page) is not None
    lists.add("IBM", note="written in another browser")
    page.unroute(re.compile(":import$"))
    page.reload()
    expect_stocks(page, "IBM", "AAPL")
    expect_taken_over(page)
    assert [stock["note"] for stock in lists.stocks()] == ["written in another browser", ""]


@pytest.mark.parametrize(
    "refusal",
    [
        (AWAY, "Accounts and lists cannot be read or written now."),
        (STRANGER, "Watchlists need an account. Ask the operator of this server for access."),
        (None, "The server cannot be reached."),
    ],
)
def test_without_lists_the_page_says_why_and_forecasts_work(
    lists: Lists, unopened: Page, finished: Answer, shot: Shot, refusal: tuple[tuple[int, Answer] | None, str]
) -> None:
    page = unopened
    answer, words = refusal
    lists.add("IBM")
    keep_in_browser(page, "AAPL")
    refuse_lists(page, answer)
    page.goto("/")
    missing = page.locator("#watchlist-missing")
    expect(missing).to_contain_text("Your watchlists cannot be shown now.")
    expect(missing).to_contain_text(words)
    expect(page.locator("#watchlist-content")).to_be_hidden()
    assert kept_in_browser(page) is not None, "nothing was confirmed"
    if answer == AWAY:
        shot("watchlist-away")
    answer_with(page, FORECASTS, [(200, finished)])
    ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    watch = page.get_by_role("button", name="Watch AAPL")
    watch.click()
    expect(page.locator("#watch-problem")).to_contain_text(words)
    expect(watch).to_have_attribute("aria-pressed", "false")
    page.unroute(LISTS)
    missing.get_by_role("button", name="Try again").click()
    expect_stocks(page, "IBM", "AAPL")
    expect(missing).to_be_empty()


def test_a_list_that_another_window_deleted_is_explained(lists: Lists, unopened: Page) -> None:
    page = unopened
    lists.add("AAPL", "IBM")
    lists.address("Energy")
    page.goto("/")
    expect_stocks(page, "AAPL", "IBM")
    lists.client.delete(lists.address()).raise_for_status()
    act(page, "Remove AAPL").click()
    expect(page.locator("#watchlist-problem")).to_contain_text("was deleted in another window")
    expect(page.get_by_label("List", exact=True).locator("option")).to_have_text(["Energy"])


def test_a_stock_without_prices_or_forecast_says_so(lists: Lists, unopened: Page) -> None:
    page = unopened
    lists.add("ZZZZZZ")
    page.goto("/")
    expect(rows(page)).to_contain_text(spaced("no prices stored open its forecast to fetch prices"))
    page.get_by_role("link", name="ZZZZZZ").click()
    expect(page.locator("#ticker-error")).to_contain_text("The sample data has no ZZZZZZ")


def test_a_long_note_and_a_long_name_fit_a_phone(lists: Lists, unopened: Page) -> None:
    page = unopened
    name = "A list with a name that is as long as a name may be, which is eighty characters."
    lists.add("AAPL", name=name, note="https://example.com/" + "a" * 300, chance_above=1234567.5)
    fit(page, PHONE)
    page.goto("/")
    expect_stocks(page, "AAPL")
    for width in (320, 375, 768, 1000, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []
