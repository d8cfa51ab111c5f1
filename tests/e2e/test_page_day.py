"""The page's tab of a day: the bars that are stored as a chart and a table, with their date, time zone and source."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from common.domain.markets.exchanges import NEW_YORK
from common.domain.markets.trading_calendars import sessions
from test_support.stacks.run_app import RunningStack
from test_support.stores.stack_prices import bars_of_day, price_objects_of, store_bars
from tests.e2e.conftest import OF_A_LOOK, WIDE, Scheme, keep_picture, violations, watched_page
from tests.e2e.test_page import expect_answer
from tests.e2e.test_page_tools import expect_chart

HOUR, FIVE_MINUTES = timedelta(hours=1), timedelta(minutes=5)
HALF_DAY_HOURS = 3.5
LOOKS_OF_A_SIZE: tuple[tuple[Scheme, tuple[str, ...]], ...] = (("light", ()), ("dark", OF_A_LOOK))
"""The colours of a window's size, with the rules of axe that they need: the second look has other colours only."""


@pytest.fixture(scope="module")
def days() -> list[date]:
    """The seven newest trading days before the day on which the tests began, which may end meanwhile."""
    today = datetime.now(UTC).date()
    return [day.date() for day in sessions(NEW_YORK.calendar, today - timedelta(days=15), today - timedelta(days=1))][
        -7:
    ]


@pytest.fixture(scope="module", autouse=True)
def _bars(sample_stack: RunningStack, days: list[date]) -> None:
    """Store hourly bars of GOOG, whose newest day is a half day, and both kinds of FB: no other test shows them."""
    objects = price_objects_of(sample_stack.environment)
    hourly = [bar for day in days[:-1] for bar in bars_of_day(day, HOUR)]
    half_day = bars_of_day(days[-1], HOUR, opening=437.5, hours=HALF_DAY_HOURS)
    flags = (f"missing hours on {days[-2]}",)
    store_bars(objects, "GOOG", "1h", [*hourly, *half_day], flags=flags)
    store_bars(objects, "FB", "1h", hourly)
    store_bars(objects, "FB", "5min", [bar for day in days for bar in bars_of_day(day, FIVE_MINUTES)])


def open_day(page: Page, ticker: str = "GOOG") -> None:
    """Open the answer for a ticker, and its tab of the day."""
    page.goto(f"/?ticker={ticker}&days=30")
    expect_answer(page, ticker)
    show_day(page)


def show_day(page: Page) -> None:
    page.get_by_role("tab", name="Day", exact=True).click()
    expect(page.locator("#day-chart .plot-container")).to_be_visible()


def drawn(page: Page) -> list[dict[str, list[object]]]:
    found: list[dict[str, list[object]]] = page.evaluate(
        "document.getElementById('day-chart').data.map(({x, y, close, name}) => ({x, y: y ?? close, name}))"
    )
    return found


def test_the_newest_day_is_shown_with_its_date_time_zone_and_source(blank: Page, days: list[date]) -> None:
    page, day = blank, days[-1]
    open_day(page)
    before, bars = drawn(page)
    assert bars["x"] == [f"{day}T{hour:02}:30" for hour in (9, 10, 11, 12)]
    assert len(set(before["y"])) == 1
    title = f"GOOG within the day, {day:%a} {day.day} {day:%b %Y}"
    expect(page.locator("#day-title")).to_have_text(re.compile(title.replace(" ", r"\s")))
    expect(page.locator("#day-words")).to_contain_text("The last bar, from 12:30, closed at $")
    source = page.locator("#day-source")
    expect(source).to_have_text(re.compile(r"^4\shourly bars from Twelve Data, fetched on .*UTC, in USD\. .*New York"))
    assert page.locator("#day-chart").get_attribute("role") == "img"
    page.locator("#day-rows summary").click()
    expect(page.locator("#day-table tbody tr")).to_have_count(4)
    assert violations(page) == []


def test_another_day_is_a_press_away_and_says_which_hours_are_missing(blank: Page, days: list[date]) -> None:
    page = blank
    open_day(page)
    buttons = page.locator("#day-days button")
    assert [button.get_attribute("value") for button in buttons.all()] == [day.isoformat() for day in days[-5:]]
    buttons.nth(3).click()
    expect(buttons.nth(3)).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#day-source")).to_contain_text("Hours of this day are missing at the source.")
    assert drawn(page)[1]["x"][0] == f"{days[-2]}T09:30"
    assert page.locator("#day-intervals button").count() == 0


def test_five_minute_and_hourly_bars_are_shown_in_one_place(blank: Page, days: list[date]) -> None:
    page = blank
    open_day(page, "FB")
    expect(page.locator("#day-source")).to_contain_text(re.compile(r"^78\sfive-minute bars from Alpha Vantage"))
    page.locator("#day-intervals button", has_text="Hourly").click()
    expect(page.locator("#day-source")).to_contain_text(re.compile(r"^7\shourly bars from Twelve Data"))
    assert drawn(page)[1]["x"][-1] == f"{days[-2]}T15:30"
    assert "interval=1h" in (page.locator("#day-csv").get_attribute("href") or "")


def test_a_stock_without_bars_has_no_such_tab_and_nothing_is_loaded_for_it(blank: Page) -> None:
    page = blank
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108 - a method of C has no signature
    page.goto("/?ticker=IBM&days=30")
    expect_answer(page, "IBM")
    expect_chart(page)
    expect(page.locator("#tab-day")).to_be_hidden()
    assert not [request.url for request in asked if "panels/day" in request.url or "interval=" in request.url]
    page.goto("/?ticker=GOOG&days=30")
    expect(page.locator("#tab-day")).to_be_visible()


def test_the_tab_goes_with_its_stock(blank: Page) -> None:
    page = blank
    open_day(page)
    page.locator("#ticker").fill("IBM")
    page.keyboard.press("Enter")
    expect_answer(page, "IBM")
    expect(page.locator("#tab-day")).to_be_hidden()
    expect(page.locator("#panel-day")).to_be_hidden()


def test_bars_that_cannot_be_loaded_are_one_sentence(blank: Page) -> None:
    page = blank
    page.route("**/api/v1/prices/GOOG?interval=1h*", lambda route: route.abort())
    page.goto("/?ticker=GOOG&days=30")
    expect_answer(page, "GOOG")
    page.get_by_role("tab", name="Day", exact=True).click()
    expect(page.locator("#day-words")).to_contain_text("could not be loaded")
    page.unroute("**/api/v1/prices/GOOG?interval=1h*")
    page.get_by_role("tab", name="Data").click()
    page.get_by_role("tab", name="Day", exact=True).click()
    expect(page.locator("#day-chart .plot-container")).to_be_visible()


@pytest.mark.parametrize("viewport", [WIDE, {"width": 375, "height": 740}], ids=["wide", "narrow"])
def test_the_day_fits_the_screen(browser: Browser, stack: str, viewport: dict[str, int]) -> None:
    with watched_page(browser, stack, viewport=viewport) as page:
        page.goto("/?ticker=GOOG&days=30")
        expect_answer(page, "GOOG")
        expect_chart(page)
        expect(page.locator("#tab-day")).to_be_visible()
        # A tab without its place would move the whole answer; less may come from a part that loads late.
        assert page.evaluate("watched.shift") < 0.01, "the tab has its place before it is shown"
        show_day(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for scheme, rules in LOOKS_OF_A_SIZE:
            page.emulate_media(color_scheme=scheme)
            assert violations(page, rules) == [], scheme
            keep_picture(page, f"day-{viewport['width']}-{scheme}")
