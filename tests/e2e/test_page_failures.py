"""The page after mistakes and failures, and with unusual stocks."""

from __future__ import annotations

import copy
import json
import re

from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.conftest import NARROW, Lists, Shot, fit, keep_pictures, stop_clock, watched_page
from tests.e2e.test_page import FORECASTS, Answer, answer_with, ask, expect_answer, finished, problem, worded

__all__ = ["finished"]  # a fixture

NO_PRICES = problem("provider_unavailable", 503, "Yahoo could not be reached. It is asked again in 1 minute.")
TICKERS = re.compile(r"/api/v1/tickers")


def test_unknown_ticker_is_corrected_with_one_press(page: Page, shot: Shot) -> None:
    ask(page, "APPL", "30")
    meant = page.get_by_role("button", name=re.compile("^AAPL"))
    expect(page.locator("#alternatives")).to_contain_text("Did you mean")
    shot("did-you-mean")
    meant.click()
    expect_answer(page, "AAPL")
    expect(page.locator("#alternatives")).to_be_hidden()


def test_search_finds_funds_currencies_and_former_names(page: Page) -> None:
    box = page.get_by_role("combobox", name="Ticker or company")
    found = {"SPY": "SPY", "bitcoin": "BTC-USD", "QQQ": "QQQ", "BTC-USD": "BTC-USD", "facebook": "META"}
    for typed, ticker in found.items():
        box.fill("")
        box.press_sequentially(typed)
        expect(page.locator("#suggestions").get_by_role("option").first).to_contain_text(ticker)


def test_name_equal_to_its_ticker_is_shown_once(page: Page) -> None:
    found = [{"ticker": "IBM", "name": "IBM", "stored": True}, {"ticker": "IBN", "name": "ICICI Bank", "stored": False}]
    page.route(TICKERS, lambda route: route.fulfill(json={"query": "ibmm", "tickers": found}))
    page.get_by_role("combobox", name="Ticker or company").press_sequentially("ibmm")
    expect(page.locator("#suggestions").get_by_role("option")).to_have_text(["IBM", "IBN ICICI Bank"])
    ask(page, "IBMM", "30")
    expect(page.locator("#alternatives").get_by_role("button")).to_have_text(["IBM", "IBN, ICICI Bank"])


def test_without_a_source_the_page_offers_stored_tickers_and_retries(page: Page, finished: Answer) -> None:
    page.route(
        TICKERS, lambda route: route.fulfill(json={"tickers": [{"ticker": "AAPL"}, {"ticker": "IBM"}], "next": None})
    )
    stop_clock(page)
    came = answer_with(page, FORECASTS, [NO_PRICES, (200, finished)], **{"Retry-After": "60"})
    ask(page, "TSLA", "30")
    alert = page.locator("#alert")
    expect(alert).to_contain_text("Yahoo could not be reached.")
    expect(alert).to_contain_text("This page will try again")
    expect(alert.get_by_role("link", name="IBM")).to_have_attribute("href", "?ticker=IBM&days=30")
    expect(alert).to_contain_text(worded("Next try in 60 seconds"))
    expect(alert).not_to_contain_text(worded("Try again in 60 seconds"))  # it would stand still beside the countdown
    page.clock.run_for(61_000)
    expect_answer(page, "AAPL")
    assert len(came) == 2


def test_retry_repeats_the_failed_question_whatever_is_typed(page: Page, finished: Answer) -> None:
    stop_clock(page)
    came = answer_with(page, FORECASTS, [NO_PRICES, NO_PRICES, (200, finished)], **{"Retry-After": "60"})
    ask(page, "TSLA", "30")
    expect(page.locator("#alert")).to_contain_text("will try again")
    page.get_by_label("Ticker").fill("GOO")
    page.clock.run_for(61_000)
    expect(page.locator("#alert")).to_contain_text("will try again")
    page.locator("#alert").get_by_role("button", name="Try again").click()
    expect_answer(page, "AAPL")
    assert [json.loads(body)["ticker"] for body in came] == ["TSLA"] * 3
    expect(page.get_by_label("Ticker")).to_have_value("GOO")


def test_back_while_stored_tickers_load_leaves_an_empty_page(page: Page) -> None:
    held: list[Route] = []
    page.route(TICKERS, lambda route: held.append(route))  # noqa: PLW0108 - Playwright wraps functions only
    answer_with(page, FORECASTS, [NO_PRICES], **{"Retry-After": "600"})
    ask(page, "TSLA", "30")
    expect(page.locator("#alert")).to_contain_text("will try again")
    page.go_back()
    expect(page.locator("#welcome")).to_be_visible()
    for route in held:
        route.fulfill(json={"tickers": [{"ticker": "AAPL"}], "next": None})
    page.wait_for_load_state("networkidle")
    expect(page.locator("#alert")).to_be_empty()


def test_alert_without_a_source_is_accessible(page: Page, shot: Shot) -> None:
    page.route(TICKERS, lambda route: route.fulfill(json={"tickers": [{"ticker": "AAPL"}], "next": None}))
    answer_with(page, FORECASTS, [NO_PRICES], **{"Retry-After": "600"})
    ask(page, "TSLA", "30")
    expect(page.locator("#alert").get_by_role("link", name="AAPL")).to_be_visible()
    shot("no-prices")


def test_new_question_ends_the_countdown(page: Page, finished: Answer) -> None:
    stop_clock(page)
    came = answer_with(page, FORECASTS, [NO_PRICES, (200, finished)], **{"Retry-After": "60"})
    ask(page, "TSLA", "30")
    expect(page.locator("#alert")).to_contain_text("will try again")
    ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    page.clock.run_for(200_000)
    expect_answer(page, "AAPL")
    assert len(came) == 2


def test_watch_button_is_pressed_for_a_watched_stock(lists: Lists, page: Page, finished: Answer) -> None:
    answer_with(page, FORECASTS, [(200, finished)])
    ask(page, "AAPL", "30")
    button = page.get_by_role("button", name="Watch AAPL")
    look = "(button) => [getComputedStyle(button).backgroundColor, getComputedStyle(button, '::before').content]"
    before = button.evaluate(look)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    page.mouse.move(0, 0)
    assert lists.tickers() == ["AAPL"]
    after = button.evaluate(look)
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_data_flags_are_below_the_headline(page: Page, finished: Answer) -> None:
    flagged = copy.deepcopy(finished)
    flagged["data"]["flags"] = ["The close falls by a factor of 4 on 2013-02-01, which looks like a missed split."]
    answer_with(page, FORECASTS, [(200, flagged)])
    ask(page, "AAPL", "30")
    expect(page.locator("#answer-notices")).to_contain_text("looks like a missed split")


def test_off_by_is_in_percent_of_the_close_at_the_origin(page: Page, finished: Answer) -> None:
    answer_with(page, FORECASTS, [(200, finished)])
    ask(page, "AAPL", "30")
    page.get_by_role("tab", name="Backtest").click()
    newest = finished["backtest"]["points"][-1]
    off = (newest["price"] - newest["actual"]) / newest["last_close"] * 100
    cell = page.locator("#backtest-table tbody tr").first.locator("td").nth(5)
    expect(cell).to_have_text(worded(f"^[+−]?{abs(off):.1f} %$"))


def penny(answer: Answer) -> Answer:
    """Return the same answer with prices of a ten-millionth."""
    small = copy.deepcopy(answer)
    for row in small["series"]:
        row["close"] *= 1e-7
    for row in small["forecast"]:
        row.update({name: row[name] * 1e-7 for name in ("price", "lower", "upper")})
        row["quantiles"] = [price * 1e-7 for price in row["quantiles"]]
    for name, prices in small["distribution"].items():
        small["distribution"][name] = [price * 1e-7 for price in prices]
    small["sample_paths"]["prices"] = [[price * 1e-7 for price in path] for path in small["sample_paths"]["prices"]]
    for point in small["backtest"]["points"]:
        point.update({name: point[name] * 1e-7 for name in ("price", "lower", "upper", "actual", "last_close")})
    small["last_close"] *= 1e-7
    small["predicted_price"] *= 1e-7
    small["interval"].update({name: small["interval"][name] * 1e-7 for name in ("lower", "upper")})
    return small


def test_penny_stock_has_plain_figures_on_its_axes(charted: Page, finished: Answer) -> None:
    page = charted
    page.route("**/api/v1/prices/**", lambda route: route.fulfill(status=404, json={"code": "not_found"}))
    answer_with(page, FORECASTS, [(200, penny(finished))])
    ask(page, "AAPL", "30")
    for tab, chart in (("Forecast", "#forecast-chart"), ("Backtest", "#backtest-chart")):
        page.get_by_role("tab", name=tab).click()
        ticks = page.locator(f"{chart} .ytick text")
        expect(ticks.first).to_contain_text("0.0000")
        assert all(re.fullmatch(r"0\.0+[0-9]+", words) for words in ticks.all_text_contents())
    keep_pictures(page, "penny-stock")


def test_unknown_currency_is_named_in_words_and_charts(charted: Page, finished: Answer) -> None:
    page = charted
    answer_with(page, FORECASTS, [(200, finished | {"currency": "XXX"})])
    ask(page, "AAPL", "30")
    expect(page.locator("#answer-title")).to_contain_text("(unknown currency)")
    expect(page.locator("#forecast-chart")).to_contain_text("unknown currency")
    expect(page.locator("#answer")).not_to_contain_text("XXX")


def test_chart_drawn_on_a_hidden_tab_fits_its_container(browser: Browser, stack: str, finished: Answer) -> None:
    held: list[Route] = []
    with watched_page(browser, stack) as page:
        page.route("**/chart-script.js", lambda route: held.append(route))  # noqa: PLW0108 - Playwright wraps functions only
        page.goto("/")
        answer_with(page, FORECASTS, [(200, finished)])
        with page.expect_request("**/chart-script.js"):
            ask(page, "AAPL", "30")
        page.get_by_role("tab", name="Backtest").click()
        page.get_by_role("tab", name="Data").click()
        page.set_viewport_size(NARROW)
        held[0].continue_()
        page.wait_for_function("() => document.querySelector('#backtest-chart .main-svg')")
        page.get_by_role("tab", name="Backtest").click()
        fit(page, NARROW)
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_chart_fits_a_window_that_becomes_lower(charted: Page, finished: Answer) -> None:
    page = charted
    answer_with(page, FORECASTS, [(200, finished)])
    ask(page, "AAPL", "30")
    expect(page.locator("#forecast-chart .main-svg").first).to_be_visible()
    for height in (500, 1000):
        page.set_viewport_size({"width": 1280, "height": height})
        fit(page, {"width": 1280, "height": height})
        chart, drawing = (page.locator(f"#forecast-chart{part}").bounding_box() for part in ("", " .svg-container"))
        assert chart is not None
        assert drawing is not None
        assert abs(chart["height"] - drawing["height"]) < 2


def test_print_contains_the_answer_only(lists: Lists, charted: Page) -> None:
    page = charted
    ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    page.get_by_role("button", name="Watch AAPL").click()
    expect(page.locator("#watchlist-table tbody tr")).to_have_count(1)
    assert lists.tickers() == ["AAPL"]
    page.emulate_media(media="print")
    for part in ("#question", "#watchlist", "#recent", "[role=tablist]", "#watch"):
        expect(page.locator(part)).to_be_hidden()
    for part in ("#answer-title", "#answer-figures", "#chart", "#answer-advice"):
        expect(page.locator(part)).to_be_visible()


def test_page_is_never_wider_than_the_window(charted: Page, finished: Answer) -> None:
    page = charted
    answer_with(page, FORECASTS, [(200, finished)])
    ask(page, "AAPL", "30")
    for name in ("Backtest", "Components", "Compare", "Data", "Forecast"):
        page.set_viewport_size({"width": 1280, "height": 900})
        page.get_by_role("tab", name=name).click()
        page.set_viewport_size(NARROW)
        page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")
