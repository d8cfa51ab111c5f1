"""The page in a real browser, on the whole stack; what the stack cannot be made to do is played by a route."""

from __future__ import annotations

import base64
import json
import re
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

FORECASTS = "**/api/v1/forecasts"
ONE_FORECAST = "**/api/v1/forecasts/*"
DATE = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{1,2} [A-Z][a-z]{2} \d{4}"
PRICE = r"[\d,]+\.\d{2,4}"
STAGES = ["sending", "accepted", "ingesting", "forecasting"]
Shot = Callable[[str], None]
Answer = dict[str, Any]


def worded(pattern: str) -> re.Pattern[str]:
    """Compile ``pattern`` so that its spaces also match the page's no-break spaces."""
    return re.compile(pattern.replace(" ", r"\s"))


def ask(page: Page, ticker: str, days: str) -> None:
    page.get_by_label("Ticker").fill(ticker)
    page.get_by_label("Days ahead").fill(days)
    page.get_by_role("button", name="Forecast").click()


def expect_answer(page: Page, ticker: str) -> Locator:
    title = page.locator("#answer-title")
    expect(title).to_contain_text(f"{ticker} on", timeout=60_000)
    expect(title).to_be_visible()
    return title


def expect_picture(page: Page) -> str:
    """Wait for the chart, and return its URL."""
    page.wait_for_function("document.getElementById('plot').naturalWidth >= 1000")
    url = page.locator("#plot").get_attribute("src")
    assert url is not None
    assert url.startswith("blob:")
    return url


def expect_field_error(page: Page, field: str, words: str | re.Pattern[str]) -> None:
    """The words stand beside the field and belong to it, and the field has the focus."""
    named = page.locator(f"#{field}")
    expect(named).to_have_attribute("aria-invalid", "true")
    expect(named).to_have_accessible_description(words)
    expect(page.locator(f"#{field}-error")).to_be_visible()
    expect(named).to_be_focused()
    expect(page.locator("#waiting")).to_be_hidden()
    expect(page.locator("#answer")).to_be_hidden()


def answer_with(page: Page, url: str, answers: list[tuple[int, Answer]], **headers: str) -> list[str]:
    """Play the server for ``url``: one answer after the other, the last one for ever; return the bodies that came."""
    came: list[str] = []

    def fulfil(route: Route) -> None:
        status, body = answers[min(len(came), len(answers) - 1)]
        came.append(route.request.post_data or "")
        kind = "application/json" if status < 400 else "application/problem+json"
        route.fulfill(status=status, content_type=kind, body=json.dumps(body), headers=headers)

    page.route(url, fulfil)
    return came


def problem(code: str, status: int, detail: str) -> tuple[int, Answer]:
    return status, {"type": "about:blank", "title": code, "status": status, "code": code, "detail": detail}


@pytest.fixture(scope="module")
def finished(stack: str) -> Answer:
    """A finished result of the real stack, for answers that a test makes up."""
    body = json.dumps({"ticker": "AAPL", "days": 30}).encode()
    request = urllib.request.Request(
        f"{stack}/api/v1/forecasts", body, {"Content-Type": "application/json", "Prefer": "wait=60"}
    )
    with urllib.request.urlopen(request, timeout=90) as response:
        result: Answer = json.load(response)
    assert result["status"] == "done"
    return result


def test_the_answer_comes_in_words_with_its_chart(page: Page, shot: Shot) -> None:
    shot("empty")
    ask(page, "AAPL", "30")
    title = expect_answer(page, "AAPL")
    expect(title).to_have_text(
        worded(rf"^AAPL on {DATE}: {PRICE} USD, 80 % between {PRICE} and {PRICE} USD\.$"), use_inner_text=True
    )
    facts = page.locator("#answer-facts")
    expect(facts).to_contain_text(worded(rf"{PRICE} USD on Fri 1 Mar 2013"))
    expect(facts).to_contain_text("30 calendar days from Fri 1 Mar 2013, the day of the last close")
    expect(page.locator("#answer")).to_contain_text("Not investment advice")
    assert expect_picture(page)
    expect(page.locator("#plot")).to_have_attribute("alt", worded("^Chart of AAPL: closes up to .* 80 % interval"))
    expect(page.locator("#plot-download")).to_have_attribute("download", "AAPL-30d.png")
    shot("answer")


def test_sample_and_old_prices_are_said_in_words(page: Page) -> None:
    ask(page, "aapl", "30")
    expect_answer(page, "AAPL")
    notices = page.locator("#answer-notices")
    expect(notices).to_contain_text("Sample prices (public-domain Quandl WIKI data), not today’s market.")
    expect(notices).to_contain_text(worded(r"These prices end on Fri 1 Mar 2013; they are \d?\d,?\d{3} days old\."))


def test_the_picture_is_the_one_that_the_server_made(page: Page, finished: Answer) -> None:
    answer_with(page, FORECASTS, [(200, finished)])
    ask(page, "AAPL", "30")
    expect_picture(page)
    width = int.from_bytes(base64.b64decode(finished["plot_png_base64"])[16:20], "big")
    assert page.evaluate("document.getElementById('plot').naturalWidth") == width


def test_stages_of_a_real_forecast_come_in_their_order(page: Page) -> None:
    ask(page, "IBM", "47")
    expect_answer(page, "IBM")
    seen = page.evaluate("watched.stages")
    assert seen == [stage for stage in STAGES if stage in seen]
    assert len(seen) > 1


def test_each_stage_is_shown_and_announced(page: Page, finished: Answer, shot: Shot) -> None:
    under_way = [(200, {"status": stage, "ticker": "AAPL"}) for stage in STAGES[1:] for _ in range(3)]
    answer_with(page, FORECASTS, [(202, {"status": "accepted", "ticker": "AAPL"})])
    answer_with(page, ONE_FORECAST, [*under_way, (200, finished)])
    ask(page, "AAPL", "30")
    expect(page.locator("#waiting")).to_have_attribute("data-stage", "ingesting")
    expect(page.get_by_role("progressbar")).to_be_visible()
    shot("waiting")
    expect_answer(page, "AAPL")
    assert page.evaluate("watched.stages") == STAGES
    announced = " ".join(page.evaluate("watched.announced")).replace("\u00a0", " ")
    for words in ("Sending", "Accepted", "prices of AAPL", "Fitting the model", "AAPL on", "80 % between"):
        assert words in announced


def test_nothing_moves_when_the_answer_comes(page: Page) -> None:
    ask(page, "MSFT", "30")
    expect_answer(page, "MSFT")
    expect_picture(page)
    assert page.evaluate("watched.shift") < 0.02


@pytest.mark.parametrize("days", ["0", "-1", "10001", "1.5", ""])
def test_wrong_days_are_said_beside_the_field(page: Page, shot: Shot, days: str) -> None:
    ask(page, "AAPL", days)
    expect_field_error(page, "days", "Enter a whole number of days from 1 to 10000.")
    if days == "10001":
        shot("invalid-days")
    page.get_by_label("Days ahead").fill("3")
    expect(page.locator("#days-error")).to_be_hidden()


def test_an_empty_ticker_is_said_beside_the_field(page: Page) -> None:
    ask(page, " ", "30")
    expect_field_error(page, "ticker", "Enter a ticker, such as AAPL.")


@pytest.mark.parametrize("ticker", ["../x", "AAPL MSFT", "ＡＡＰＬ", "A" * 16, "<b>AAPL</b>"])
def test_a_wrong_ticker_is_said_beside_the_field(page: Page, shot: Shot, ticker: str) -> None:
    ask(page, ticker, "30")
    expect_field_error(page, "ticker", re.compile("1 to 15 letters"))
    if ticker == "../x":
        shot("invalid-ticker")


def test_an_unknown_ticker_is_said_beside_the_field(page: Page, shot: Shot) -> None:
    ask(page, "ZZZZZZ", "30")
    expect_field_error(page, "ticker", re.compile("Check its spelling"))
    shot("unknown-ticker")


def test_both_fields_wrong_are_both_said(page: Page, shot: Shot) -> None:
    ask(page, "", "")
    expect_field_error(page, "ticker", "Enter a ticker, such as AAPL.")
    expect(page.locator("#days")).to_have_attribute("aria-invalid", "true")
    shot("both-invalid")


def test_days_that_the_server_refuses_are_said_beside_the_field(page: Page) -> None:
    answer_with(page, FORECASTS, [problem("invalid_days", 400, "Days must be a whole number from 1 to 10000.")])
    ask(page, "AAPL", "30")
    expect_field_error(page, "days", "Days must be a whole number from 1 to 10000.")


def test_a_second_question_replaces_the_first_answer(page: Page) -> None:
    ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    first = expect_picture(page)
    ask(page, "MSFT", "30")
    expect_answer(page, "MSFT")
    second = expect_picture(page)
    assert first != second
    assert page.evaluate("watched.made") == [first, second]
    assert page.evaluate("watched.revoked") == [first]
    expect(page.locator("#plot")).to_have_attribute("alt", re.compile("^Chart of MSFT"))


def test_a_late_answer_of_a_replaced_question_is_never_shown(page: Page, finished: Answer) -> None:
    held: list[Route] = []

    def hold_ibm(route: Route) -> None:
        if "IBM" in (route.request.post_data or ""):
            held.append(route)
        else:
            route.fulfill(status=200, json=finished)

    page.route(FORECASTS, hold_ibm)
    with page.expect_event("requestfailed") as aborted:
        ask(page, "IBM", "30")
        page.wait_for_function("document.getElementById('waiting').dataset.stage === 'sending'")
        ask(page, "AAPL", "30")
    assert "IBM" in (aborted.value.post_data or "")
    expect_answer(page, "AAPL")
    held[0].fulfill(status=200, json=finished | {"ticker": "IBM"})
    page.wait_for_timeout(500)
    expect(page.locator("#answer-title")).to_contain_text("AAPL on")
    expect(page.locator("#alert")).to_be_empty()
    assert "IBM on" not in " ".join(page.evaluate("watched.announced"))


def test_keyboard_alone_is_enough(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_label("Ticker")).to_be_focused()
    page.keyboard.type("aapl")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Days ahead")).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("30")
    page.keyboard.press("Enter")
    expect_answer(page, "AAPL")
    for button in ("1 week", "1 month", "3 months", "1 year", "Forecast"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name=button, exact=True).first).to_be_focused()
    page.get_by_role("tab", name="Forecast").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Backtest")).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Backtest")).to_be_visible()
    page.keyboard.press("End")
    expect(page.get_by_role("tabpanel", name="Data")).to_be_visible()


def test_360_pixels_are_wide_enough(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert page.evaluate(fits)
    ask(page, "A" * 200, "30")
    expect_field_error(page, "ticker", re.compile("1 to 15 letters"))
    assert page.evaluate(fits)
    ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    expect_picture(page)
    assert page.evaluate(fits)


def test_a_server_that_is_gone_is_said_in_words_and_can_be_tried_again(page: Page, shot: Shot) -> None:
    sent: list[str] = []

    def abort(route: Route) -> None:
        sent.append(json.loads(route.request.post_data or "")["request_id"])
        route.abort("connectionrefused")

    page.route(FORECASTS, abort)
    ask(page, "AAPL", "30")
    expect(page.locator("#stage")).to_contain_text("The server cannot be reached; trying again in 1 s")
    shot("trying-again")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The server cannot be reached.", timeout=20_000)
    expect(alert).to_contain_text("Check that you are online and that Stockcast is running")
    expect(page.locator("#waiting")).to_be_hidden()
    assert len(sent) > 2
    assert len(set(sent)) == 1, "the same question keeps its id"
    shot("unreachable")
    page.unroute(FORECASTS)
    page.get_by_role("button", name="Try again").click()
    expect_answer(page, "AAPL")
    expect(alert).to_be_empty()


def test_a_server_that_comes_back_while_polling_is_not_an_error(page: Page, finished: Answer) -> None:
    answer_with(page, FORECASTS, [(202, {"status": "accepted"})])
    tries: list[str] = []

    def come_back(route: Route) -> None:
        tries.append(route.request.url)
        if len(tries) == 2:
            route.abort("connectionrefused")
        elif len(tries) == 3:
            route.fulfill(status=502, content_type="text/html", body="<h1>Bad Gateway</h1>")
        elif len(tries) == 4:
            route.fulfill(status=200, json=finished)
        else:
            route.fulfill(status=200, json={"status": "forecasting"})

    page.route(ONE_FORECAST, come_back)
    ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    assert "trouble" in page.evaluate("watched.stages")
    expect(page.get_by_role("alert")).to_be_empty()


def test_a_record_that_the_server_lost_is_asked_for_again_under_its_id(page: Page, finished: Answer) -> None:
    sent = answer_with(page, FORECASTS, [(202, {"status": "accepted"}), (200, finished)])
    answer_with(page, ONE_FORECAST, [problem("not_found", 404, "There is nothing here; results are kept for an hour.")])
    ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    assert len(sent) == 2
    assert sent[0] == sent[1]


def test_a_busy_service_says_when_to_try_again(page: Page, shot: Shot) -> None:
    busy = problem("busy", 503, "The service is busy; please try again in a moment.")
    answer_with(page, FORECASTS, [busy], **{"Retry-After": "2"})
    ask(page, "AAPL", "30")
    alert = page.get_by_role("alert")
    expect(page.locator("#stage")).to_contain_text("The service is busy; trying again in 2 s")
    expect(alert).to_contain_text("The service is busy.", timeout=20_000)
    expect(alert).to_contain_text("Try again in 2 seconds.")
    shot("busy")


def test_a_poll_that_finds_the_service_busy_is_made_again_but_a_busy_end_is_the_end(page: Page) -> None:
    answer_with(page, FORECASTS, [(202, {"status": "accepted"})])
    status, busy = problem("busy", 503, "The service is busy; please try again in a moment.")
    polls = answer_with(page, ONE_FORECAST, [(status, busy), (status, busy | {"request_id": "its own"})])
    ask(page, "AAPL", "30")
    expect(page.get_by_role("alert")).to_contain_text("The service is busy.")
    assert len(polls) == 2
    assert "trouble" in page.evaluate("watched.stages")


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("too_little_data", 422, "There is too little to forecast from."),
        ("provider_unavailable", 503, "No prices could be had."),
        ("deadline_exceeded", 504, "The forecast was not ready in time."),
        ("forecast_failed", 500, "The forecast failed."),
        ("worker_crashed", 500, "started several times and lost each time"),
        ("cancelled", 409, "The forecast was cancelled."),
        ("request_conflict", 409, "The question clashed with another."),
        ("rate_limited", 429, "Those were too many questions in a short time."),
        ("invalid_request", 413, "The question was not understood."),
        ("a_code_of_tomorrow", 500, "Something went wrong."),
    ],
)
def test_a_failure_is_said_in_words(page: Page, code: str, status: int, words: str) -> None:
    # So late that the page does not wait by itself.
    answer_with(page, FORECASTS, [problem(code, status, "A detail of the server’s.")], **{"Retry-After": "30"})
    ask(page, "AAPL", "30")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(words)
    expect(alert).to_contain_text(re.compile("[Tt]ry|ask again|Ask again"))
    expect(page.locator("#waiting")).to_be_hidden()


@pytest.mark.parametrize("body", ['"text"', "<html>", '{"status": "done"}', "{}"])
def test_an_answer_that_is_not_the_api_s_is_said_in_words(page: Page, body: str) -> None:
    page.route(FORECASTS, lambda route: route.fulfill(status=200, content_type="application/json", body=body))
    ask(page, "AAPL", "30")
    expect(page.get_by_role("alert")).to_contain_text("an answer that this page does not understand")


def test_an_answer_without_a_picture_keeps_its_words(page: Page, finished: Answer) -> None:
    answer_with(page, FORECASTS, [(200, finished | {"plot_png_base64": "bm8gUE5H"})])
    ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    expect(page.locator("#chart")).to_be_hidden()
    expect(page.locator("#chart-missing")).to_be_visible()


def test_the_verdict_and_the_source_are_told(page: Page, finished: Answer, shot: Shot) -> None:
    data = finished["data"] | {"source": "tiingo", "stale": False, "fetched_at": "2025-11-20T19:52:11Z"}
    answer_with(page, FORECASTS, [(200, finished | {"data": data})])
    ask(page, "AAPL", "30")
    expect(page.locator("#answer-verdict")).to_have_text(finished["verdict"])
    facts = page.locator("#answer-facts")
    expect(facts).to_contain_text("Tiingo, ")
    expect(facts).to_contain_text("fetched on Thu 20 Nov 2025")
    expect(page.locator("#answer-notices")).to_be_hidden()
    shot("answer-of-today")


def test_a_page_without_randomuuid_makes_a_uuid_of_its_own(page: Page, finished: Answer) -> None:
    page.evaluate("crypto.randomUUID = undefined")
    sent = answer_with(page, FORECASTS, [(200, finished)])
    ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    request_id = json.loads(sent[0])["request_id"]
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", request_id)


def test_a_reload_asks_the_address_s_question_again(page: Page) -> None:
    ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    page.reload()
    expect_answer(page, "AAPL")


def test_the_page_is_served_under_a_policy_that_forbids_inline_code(page: Page) -> None:
    response = page.goto("/")
    assert response is not None
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert page.locator("script:not([src]), style, [style], [onclick]").count() == 0
