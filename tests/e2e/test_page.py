"""The page in a real browser on the whole stack. Routes replace answers that the stack cannot be made to give."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.e2e.conftest import DEADLINE_S, Lists, Shot, keep_pictures, stop_clock, watched_page

FORECASTS = "**/api/v1/forecasts"
ONE_FORECAST = "**/api/v1/forecasts/*"
DATE = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{1,2} [A-Z][a-z]{2} \d{4}"
PRICE = r"\$[\d,]+\.\d{2,4}"
COUNT_TROUBLES = """() => {
    const {dataset} = document.body, stage = document.getElementById("stage");
    new MutationObserver(() => {
      if (stage.textContent.includes("Trying again")) dataset.troubles = Number(dataset.troubles ?? 0) + 1;
    }).observe(stage, {childList: true});
}"""
STAGES = ["sending", "accepted", "ingesting", "forecasting"]
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
    expect(title).to_contain_text(f"{ticker} on")
    expect(title).to_be_visible()
    return title


def expect_picture(page: Page) -> str:
    """Wait for the chart, and return its URL."""
    page.wait_for_function("() => document.getElementById('plot').naturalWidth >= 1000")
    url = page.locator("#plot").get_attribute("src")
    assert url is not None
    assert url.startswith("blob:")
    return url


def expect_field_error(page: Page, field: str, words: str | re.Pattern[str]) -> None:
    """Expect the words beside the field, as its description, and the focus in the field."""
    named = page.locator(f"#{field}")
    expect(named).to_have_attribute("aria-invalid", "true")
    expect(named).to_have_accessible_description(words)
    expect(page.locator(f"#{field}-error")).to_be_visible()
    expect(named).to_be_focused()
    expect(page.locator("#waiting")).to_be_hidden()
    expect(page.locator("#answer")).to_be_hidden()


def answer_with(page: Page, url: str, answers: list[tuple[int, Answer]], **headers: str) -> list[str]:
    """Answer requests for ``url`` in order, repeating the last answer; return the list of their bodies."""
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
    """Return a finished result of the real stack, which tests change."""
    with httpx.Client(base_url=stack, trust_env=False, timeout=DEADLINE_S + 50) as client:
        answer = client.post("/api/v1/forecasts", json={"ticker": "AAPL", "days": 30})
    result: Answer = answer.raise_for_status().json()
    assert result["status"] == "done"
    return result


def test_answer_has_words_and_a_chart(charted: Page, shot: Shot) -> None:
    page = charted
    shot("empty")
    ask(page, "AAPL", "30")
    title = expect_answer(page, "AAPL")
    expect(title).to_have_text(
        worded(rf"^AAPL on {DATE}: {PRICE}, 80 % between {PRICE} and {PRICE}\.$"), use_inner_text=True
    )
    expect(page.locator("#answer-verdict")).to_contain_text(
        worded(r"^With a probability of 80 %, it may end between [\d.]+ and [\d.]+ USD on 2013-04-01; a gain is \d+ %")
    )
    figures = page.locator("#answer-figures")
    expect(figures).to_contain_text(worded(rf"Last close{PRICE}Fri 1 Mar 2013"))
    expect(figures).to_contain_text(worded(r"80 % interval−\d+\.\d % to \+\d+\.\d %from the last close"))
    expect(page.locator("#answer")).to_contain_text("Not investment advice")
    assert expect_picture(page)
    expect(page.locator("#plot")).to_have_attribute("alt", worded("^Chart of AAPL: closes up to .* 80 % interval"))
    expect(page.locator("#plot-download")).to_have_attribute("download", "AAPL-30d.png")
    shot("answer")


def test_notices_name_sample_and_old_prices(page: Page, finished: Answer) -> None:
    answer_with(page, FORECASTS, [(200, finished)])
    ask(page, "aapl", "30")
    expect_answer(page, "AAPL")
    notices = page.locator("#answer-notices")
    expect(notices).to_contain_text("These are sample prices (public-domain Quandl WIKI data).")
    expect(notices).to_contain_text(worded(r"The prices end on Fri 1 Mar 2013\. They are \d?\d,?\d{3} days old\."))


def test_picture_is_the_servers(page: Page, finished: Answer) -> None:
    answer_with(page, FORECASTS, [(200, finished)])
    ask(page, "AAPL", "30")
    expect_picture(page)
    width = int.from_bytes(base64.b64decode(finished["plot_png_base64"])[16:20], "big")
    assert page.evaluate("document.getElementById('plot').naturalWidth") == width


def test_stages_of_a_real_forecast_are_in_order(page: Page) -> None:
    ask(page, "IBM", "47")
    expect_answer(page, "IBM")
    seen = page.evaluate("watched.stages")
    assert seen == [stage for stage in STAGES if stage in seen]
    assert len(seen) > 1


def test_each_stage_is_shown_and_announced(page: Page, finished: Answer) -> None:
    release: list[str] = []
    later = iter(["forecasting", "done"])

    def go_on(route: Route) -> None:
        stage = next(later) if release else "ingesting"
        route.fulfill(status=200, json=finished if stage == "done" else {"status": stage, "ticker": "AAPL"})

    answer_with(page, FORECASTS, [(202, {"status": "accepted", "ticker": "AAPL"})])
    page.route(ONE_FORECAST, go_on)
    ask(page, "AAPL", "30")
    expect(page.locator("#waiting")).to_have_attribute("data-stage", "ingesting")
    bar = page.get_by_role("progressbar")
    expect(bar).to_have_attribute("max", "4")
    expect(page.locator("#elapsed")).to_have_text(re.compile(r"^\d+\ss$"))
    keep_pictures(page, "waiting")
    release.append("go on")
    expect_answer(page, "AAPL")
    assert page.evaluate("watched.stages") == STAGES
    assert page.evaluate("watched.progress") == [0.5, 1.5, 2.5, 3.5]
    announced = " ".join(page.evaluate("watched.announced")).replace("\u00a0", " ")
    for words in ("Sending", "Accepted", "prices of AAPL", "Fitting the model", "AAPL on", "80 % between"):
        assert words in announced


def test_elapsed_seconds_are_counted(page: Page) -> None:
    stop_clock(page)
    answer_with(page, FORECASTS, [(202, {"status": "accepted"})])
    answer_with(page, ONE_FORECAST, [(200, {"status": "forecasting"})])
    ask(page, "AAPL", "30")
    expect(page.locator("#elapsed")).to_have_text(worded("^0 s$"))
    page.clock.run_for(5_000)
    expect(page.locator("#elapsed")).to_have_text(worded("^5 s$"))


def test_reduced_motion_stops_animations(page: Page) -> None:
    running = "document.getAnimations().filter(({animationName}) => animationName).length"
    page.route(FORECASTS, lambda route: None)
    ask(page, "AAPL", "30")
    expect(page.get_by_role("progressbar")).to_be_visible()
    assert page.evaluate(running) == 0
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(running) == 1


def test_invalid_days_are_explained_beside_the_field(page: Page) -> None:
    for days in ("0", "-1", "1.5", "", "10001"):
        ask(page, "AAPL", days)
        expect_field_error(page, "days", "Enter a whole number of days from 1 to 10000.")
        if days == "10001":
            keep_pictures(page, "invalid-days")
        page.get_by_label("Days ahead").fill("3")
        expect(page.locator("#days-error")).to_be_hidden()
        expect(page.locator("#days")).not_to_have_attribute("aria-invalid", "true")
        expect(page.locator("#days")).to_have_accessible_description("Calendar days, 1 to 10000")


def test_empty_ticker_is_explained_beside_the_field(page: Page) -> None:
    ask(page, " ", "30")
    expect_field_error(page, "ticker", "Enter a ticker, such as AAPL.")
    assert page.url.endswith("/"), "what was not asked is not in the address"


def test_invalid_ticker_is_explained_beside_the_field(page: Page) -> None:
    for ticker in ("AAPL MSFT", "ＡＡＰＬ", "A" * 25, "<b>AAPL</b>", "../x"):
        ask(page, ticker, "30")
        expect_field_error(page, "ticker", re.compile("1 to 24 letters.* choose from the list"))
        expect(page.locator("#days")).not_to_have_attribute("aria-invalid", "true")
        assert page.locator("#ticker-error b").count() == 0, "what was typed is text, never markup"
        page.get_by_label("Ticker").fill("AAPL")
        expect(page.locator("#ticker-error")).to_be_hidden()
    ask(page, "../x", "30")
    expect_field_error(page, "ticker", re.compile("1 to 24 letters"))
    keep_pictures(page, "invalid-ticker")


def test_unknown_ticker_is_explained_beside_the_field(page: Page) -> None:
    ask(page, "ZZZZZZ", "30")
    expect_field_error(page, "ticker", re.compile("Check the spelling"))
    keep_pictures(page, "unknown-ticker")


def test_two_invalid_fields_are_both_explained(page: Page, shot: Shot) -> None:
    ask(page, "", "")
    expect_field_error(page, "ticker", "Enter a ticker, such as AAPL.")
    expect(page.locator("#days")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#days")).to_have_accessible_description("Enter a whole number of days from 1 to 10000.")
    shot("both-invalid")


def test_days_that_the_server_refuses_are_explained_beside_the_field(page: Page) -> None:
    answer_with(page, FORECASTS, [problem("invalid_days", 400, "Days must be a whole number from 1 to 10000.")])
    ask(page, "AAPL", "30")
    expect_field_error(page, "days", "Days must be a whole number from 1 to 10000.")
    expect(page.locator("#ticker-error")).to_be_hidden()


def test_second_question_replaces_the_first_answer(page: Page) -> None:
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


def test_late_answer_of_a_replaced_question_is_never_shown(page: Page, finished: Answer) -> None:
    held: list[Route] = []

    def hold_ibm(route: Route) -> None:
        if "IBM" in (route.request.post_data or ""):
            held.append(route)
        else:
            route.fulfill(status=200, json=finished)

    page.route(FORECASTS, hold_ibm)
    with page.expect_event("requestfailed", lambda request: request.method == "POST") as aborted:
        ask(page, "IBM", "30")
        page.wait_for_function("() => document.getElementById('waiting').dataset.stage === 'sending'")
        ask(page, "AAPL", "30")
    assert "IBM" in (aborted.value.post_data or "")
    expect_answer(page, "AAPL")
    held[0].fulfill(status=200, json=finished | {"ticker": "IBM"})
    page.evaluate("fetch('/livez').then((answer) => answer.text())")  # what came before it has been read by now
    expect(page.locator("#answer-title")).to_contain_text("AAPL on")
    expect(page.locator("#alert")).to_be_empty()
    assert "IBM on" not in " ".join(page.evaluate("watched.announced"))


TABS = ["Risk", "Insights", "Backtest", "Components", "Compare", "Evaluate", "Patterns", "Company", "Data", "Forecast"]
"""In the order in which the arrow key goes through them, from the first."""


def test_keyboard_alone_reaches_every_control(lists: Lists, charted: Page) -> None:
    assert lists.all() == []
    page = charted

    def tab_to(control: Locator) -> None:
        page.keyboard.press("Tab")
        expect(control).to_be_focused()

    def button(name: str) -> Locator:
        return page.get_by_role("button", name=name, exact=True)

    tab_to(page.get_by_label("Ticker"))
    page.keyboard.type("a")
    expect(page.get_by_role("listbox")).to_be_visible()  # so long that it scrolls
    tab_to(page.get_by_label("Days ahead"))
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("aapl")
    tab_to(page.get_by_label("Days ahead"))
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("31")
    page.keyboard.press("Enter")
    expect_answer(page, "AAPL")
    expect(button("Line")).to_be_visible()
    for name in ("1 week", "1 month", "3 months", "1 year"):
        tab_to(button(name).first)
    tab_to(page.locator("#options summary"))
    tab_to(button("Forecast"))
    tab_to(button("Watch AAPL"))
    page.keyboard.press("Space")
    expect(page.locator("#watchlist")).to_be_visible()
    tab_to(page.get_by_role("tab", name="Forecast"))
    for name in TABS:
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("tab", name=name)).to_be_focused()
        expect(page.get_by_role("tabpanel", name=name)).to_be_visible()
    page.keyboard.press("End")
    expect(page.get_by_role("tabpanel", name="Data")).to_be_visible()
    page.keyboard.press("Home")
    tab_to(page.get_by_role("tabpanel", name="Forecast"))
    for name in ("3 months", "6 months", "1 year", "2 years", "All"):
        tab_to(page.locator("#ranges").get_by_role("button", name=name))
    tab_to(button("Line"))
    tab_to(button("Candles"))
    page.keyboard.press("Enter")
    expect(button("Candles")).to_have_attribute("aria-pressed", "true")
    paths = page.get_by_role("switch", name="Show sample paths")
    tab_to(paths)
    page.keyboard.press("Space")
    expect(paths).to_be_checked()
    tab_to(page.get_by_role("slider", name="Line at a price"))
    tab_to(page.get_by_role("link", name="Save the chart"))
    tab_to(button("Save this view"))
    for link in ("#report-pdf", "#report-html"):
        tab_to(page.locator(link))
    tab_to(page.get_by_label("Price of the line"))
    tab_to(button("Alert me at this price"))
    tab_to(page.get_by_text("The forecast as a table"))
    page.keyboard.press("Enter")
    tab_to(page.get_by_role("region", name="The forecast as a table"))


def test_invalid_question_fits_360_pixels(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert page.evaluate(fits)
    ask(page, "A" * 200, "30")
    expect_field_error(page, "ticker", re.compile("1 to 24 letters"))
    assert page.evaluate(fits)


def test_unreachable_server_is_explained_and_can_be_retried(page: Page, shot: Shot) -> None:
    stop_clock(page)
    page.evaluate(COUNT_TROUBLES)
    sent: list[str] = []

    def abort(route: Route) -> None:
        sent.append(json.loads(route.request.post_data or "")["request_id"])
        route.abort("connectionrefused")

    page.route(FORECASTS, abort)
    ask(page, "AAPL", "30")
    for tried, (pause_ms, words) in enumerate(((400, "1 s"), (800, "1 s"), (1600, "2 s"), (3200, "4 s")), start=1):
        expect(page.locator("body")).to_have_attribute("data-troubles", str(tried))
        expect(page.locator("#stage")).to_have_text(
            worded(rf"^The server cannot be reached\. Trying again in {words}…$")
        )
        page.clock.fast_forward(pause_ms)
    alert = page.locator("#alert")
    expect(alert).to_contain_text("The server cannot be reached.")
    expect(alert).to_contain_text("Check that you are online and that Stockcast is running")
    expect(page.locator("#waiting")).to_be_hidden()
    assert len(sent) == 5
    assert len(set(sent)) == 1, "the same question keeps its id"
    page.clock.resume()
    shot("unreachable")
    page.unroute(FORECASTS)
    alert.get_by_role("button", name="Try again").click()
    expect_answer(page, "AAPL")
    expect(alert).to_be_empty()


def test_busy_service_is_retried_after_its_retry_after(page: Page, finished: Answer) -> None:
    stop_clock(page)
    busy = problem("busy", 503, "The service is busy; please try again in a moment.")
    first = answer_with(page, FORECASTS, [busy], **{"Retry-After": "2"})
    ask(page, "AAPL", "30")
    expect(page.locator("#stage")).to_have_text(worded(r"^The service is busy\. Trying again in 2 s…$"))
    held: list[Route] = []
    page.unroute(FORECASTS)
    page.route(FORECASTS, lambda route: held.insert(0, route))
    page.clock.run_for(1_000)
    assert held == [], "not before the two seconds are over"
    page.clock.run_for(1_000)
    while not held:
        page.wait_for_timeout(20)
    held[0].fulfill(status=200, json=finished)
    page.clock.resume()
    expect_answer(page, "AAPL")
    assert first == [held[0].request.post_data], "the same question keeps its id"
    page.unroute(FORECASTS)
    answer_with(page, FORECASTS, [busy], **{"Retry-After": "15"})
    ask(page, "AAPL", "30")
    expect(page.locator("#waiting")).to_have_attribute("data-stage", "retrying")
    keep_pictures(page, "trying-again")


def test_each_failure_is_explained(page: Page) -> None:
    for code, status, words in (
        ("too_little_data", 422, "There are too few prices for a forecast."),
        ("provider_unavailable", 503, "The prices could not be fetched."),
        ("deadline_exceeded", 504, "The forecast was not ready in time."),
        ("forecast_failed", 500, "The forecast failed."),
        ("worker_crashed", 500, "The forecast stopped before it was ready, several times."),
        ("cancelled", 409, "The forecast was cancelled."),
        ("request_conflict", 409, "The request conflicts with an earlier one."),
        ("rate_limited", 429, "You sent too many requests in a short time."),
        ("invalid_request", 413, "The request was not understood."),
        ("a_code_of_tomorrow", 500, "Something went wrong."),
        ("busy", 503, "The service is busy.Try again in 30 seconds."),
    ):
        # So late that the page does not wait by itself.
        answer_with(page, FORECASTS, [problem(code, status, "A detail of the server’s.")], **{"Retry-After": "30"})
        ask(page, "AAPL", "30")
        alert = page.locator("#alert")
        expect(alert).to_contain_text(worded(words))
        expect(alert).to_contain_text(re.compile("[Tt]ry|[Aa]sk again"))
        expect(alert.get_by_role("button", name="Try again")).to_be_visible()
        expect(page.locator("#waiting")).to_be_hidden()
        expect(page.locator("#answer")).to_be_hidden()
    keep_pictures(page, "busy")


def test_answer_that_is_not_the_apis_is_explained(page: Page) -> None:
    bodies = iter(['"text"', "<html>", '{"status": "done"}', "{}"])
    page.route(FORECASTS, lambda route: route.fulfill(content_type="application/json", body=next(bodies)))
    for _ in range(4):
        with page.expect_response(FORECASTS):
            ask(page, "AAPL", "30")
        expect(page.locator("#alert")).to_contain_text("an answer that this page cannot show")
        expect(page.locator("#answer")).to_be_hidden()
    assert next(bodies, None) is None


def test_answer_without_a_picture_has_its_words(page: Page, finished: Answer) -> None:
    answer_with(page, FORECASTS, [(200, finished | {"plot_png_base64": "bm8gUE5H"})])
    ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    expect(page.locator("#chart")).to_be_hidden()
    expect(page.locator("#chart-missing")).to_be_visible()
    assert page.evaluate("watched.made") == []


def test_summary_and_source_are_shown(charted: Page, finished: Answer) -> None:
    page = charted
    data = finished["data"] | {
        "source": "tiingo",
        "source_name": "Tiingo",
        "stale": False,
        "fetched_at": "2025-11-20T19:52:11Z",
    }
    answer_with(page, FORECASTS, [(200, finished | {"data": data})])
    ask(page, "AAPL", "30")
    expect(page.locator("#answer-verdict")).to_have_text(finished["verdict"])
    expect(page.locator("#forecast-chart .main-svg").first).to_be_visible()
    page.get_by_role("tab", name="Data").click()
    facts = page.locator("#answer-facts")
    expect(facts).to_contain_text(worded("30 calendar days from Fri 1 Mar 2013, the day of the last close"))
    expect(facts).to_contain_text("Tiingo: ")
    expect(facts).to_contain_text("fetched on Thu 20 Nov 2025")
    expect(page.locator("#answer-notices")).to_be_hidden()
    page.get_by_role("tab", name="Forecast").click()
    keep_pictures(page, "answer-of-today")


def test_page_without_randomuuid_sends_a_uuid(page: Page, finished: Answer) -> None:
    page.evaluate("crypto.randomUUID = undefined")
    sent = answer_with(page, FORECASTS, [(200, finished)])
    ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    request_id = json.loads(sent[0])["request_id"]
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", request_id)


def test_reload_asks_the_question_of_the_address(page: Page) -> None:
    ask(page, "AAPL", "30")
    words = expect_answer(page, "AAPL").inner_text()
    with page.expect_request(FORECASTS) as asked:
        page.reload()
    assert '"ticker":"AAPL","days":30' in (asked.value.post_data or "")
    expect(expect_answer(page, "AAPL")).to_have_text(words, use_inner_text=True)
    expect(page.get_by_label("Ticker")).to_have_value("AAPL")


def test_policy_forbids_inline_code(unopened: Page) -> None:
    page = unopened
    response = page.goto("/")
    assert response is not None
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert page.locator("script:not([src]), style, [style], [onclick]").count() == 0


def test_answer_without_a_backtest_or_a_fit_explains_it(page: Page, finished: Answer, shot: Shot) -> None:
    verdict = "The history is too short to test forecasts this far ahead."
    bare = {"backtest": None, "components": None, "verdict": verdict}
    answer_with(page, FORECASTS, [(200, finished | bare)])
    ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    expect(page.locator("#answer-verdict")).to_have_text(verdict)
    expect(page.locator("#answer-figures dt")).to_have_count(4)
    page.get_by_role("tab", name="Backtest").click()
    expect(page.locator("#backtest-words")).to_have_text(verdict)
    expect(page.locator("#backtest-figures")).to_be_hidden()
    page.get_by_role("tab", name="Components").click()
    expect(page.locator("#components-words")).to_contain_text("the history is too short to fit Prophet")
    expect(page.locator("#components-parts")).to_be_hidden()
    shot("bare-answer")


def test_last_price_model_has_no_components(page: Page, finished: Answer) -> None:
    model = finished["model"] | {"name": "last_price"}
    answer_with(page, FORECASTS, [(200, finished | {"model": model, "components": None})])
    ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    page.get_by_role("tab", name="Components").click()
    expect(page.locator("#components-words")).to_have_text(
        re.compile("^This model has no components: its forecast is the last price")
    )


def test_all_tabs_are_visible_on_a_narrow_screen(page: Page, finished: Answer) -> None:
    answer_with(page, FORECASTS, [(200, finished)])
    ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    for width in (320, 360):
        page.set_viewport_size({"width": width, "height": 740})
        expect(page.get_by_role("tab")).to_have_count(10)
        edges = page.get_by_role("tab").evaluate_all(
            "tabs => tabs.map(tab => tab.getBoundingClientRect()).map(({left, right}) => [left, right])"
        )
        assert all(0 <= left < right <= width for left, right in edges), edges
        assert page.get_by_role("tablist").evaluate("({scrollWidth, clientWidth}) => scrollWidth <= clientWidth")


def test_longest_ticker_and_huge_prices_fit_360_pixels(page: Page, finished: Answer) -> None:
    ticker, huge = "^ABCDEFGHIJK=X.", 123_456_789.5
    interval = {"level": 0.999, "lower": 1e-7, "upper": 1e15}
    odd = {"ticker": ticker, "last_close": huge, "predicted_price": huge, "interval": interval, "currency": "XAU"}
    answer_with(page, FORECASTS, [(200, finished | odd)])
    page.set_viewport_size({"width": 360, "height": 740})
    ask(page, ticker, "30")
    title = expect_answer(page, ticker)
    expect(title).to_have_text(worded(r": 123,456,789\.50 XAU, 99\.9 % between 0\.0000001 XAU and 1\.00e\+15 XAU\.$"))
    expect(page).to_have_url(re.compile(r"/\?ticker=%5EABCDEFGHIJK%3DX\.&days=30$"))
    expect(page.locator("#plot-download")).to_have_attribute("download", f"{ticker}-30d.png")
    page.get_by_role("button", name=f"Watch {ticker}").click()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.get_by_role("tab", name="Data").click()
    expect(page.locator("#csv-download")).to_have_attribute("href", re.compile("/prices/%5EABCDEFGHIJK%3DX\\."))
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Kiritimati"])
def test_dates_are_the_same_in_every_time_zone(browser: Browser, stack: str, finished: Answer, zone: str) -> None:
    with watched_page(browser, stack, timezone_id=zone) as page:
        page.goto("/?ticker=AAPL&days=30")
        title = expect_answer(page, "AAPL")
        expect(title).to_contain_text(worded("AAPL on Mon 1 Apr 2013:"))
        page.get_by_text("The forecast as a table").click()
        expect(page.locator("#forecast-table tbody th").first).to_have_text(worded("Mon 4 Mar 2013"))
        expect(page.locator("#forecast-chart .main-svg").first).to_be_visible()
        chart = page.evaluate("document.getElementById('forecast-chart').layout.xaxis.range")
        assert chart == ["2012-09-01", finished["target_date"]]
        hover_last_day(page)
        expect(page.locator("#forecast-chart .hoverlayer")).to_contain_text("Mon 1 Apr 2013")


def hover_last_day(page: Page) -> None:
    """Hover over the last day of the interactive chart until it has a label; a new chart may not listen yet."""
    area, hover = page.locator("#forecast-chart .nsewdrag").first, page.locator("#forecast-chart .hoverlayer")
    for moved in range(100):
        room = area.bounding_box()
        assert room is not None
        area.hover(position={"x": room["width"] - 3 - moved % 2, "y": room["height"] / 2})
        page.wait_for_timeout(100)
        if hover.text_content():
            return
