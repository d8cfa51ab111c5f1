"""The page's tabs in which models are evaluated and patterns are searched."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.e2e.conftest import NARROW, Shot, fit
from tests.e2e.test_page import answer_with, ask, expect_answer, problem, worded

EVALUATIONS, ONE_EVALUATION = "**/api/v1/evaluations", "**/api/v1/evaluations/*"
QUESTION = {"ticker": "AAPL", "models": ["drift"], "days": 7, "origins": 8, "rule": {}}
EVALUATED = "/?ticker=AAPL&days=30&tab=evaluate&models=drift&evaluated_days=7&origins=8&rule=yes"
WORKING = {"status": "computing", "progress": 0.3, "step": "ETS, origin 12 of 40"}
Answer = dict[str, Any]


@pytest.fixture(scope="module")
def evaluation(stack: str) -> Answer:
    """A finished evaluation of the real stack, which tests change."""
    with httpx.Client(base_url=stack, trust_env=False, timeout=120) as client:
        answer = client.post("/api/v1/evaluations", json=QUESTION, headers={"Prefer": "wait=90"}).json()
        while answer["status"] not in {"done", "failed"}:
            answer = client.get(answer["url"], headers={"Prefer": "wait=30"}).json()
    assert answer["status"] == "done", answer
    result: Answer = answer
    return result


def open_panel(page: Page, name: str) -> Locator:
    """Open the tab of AAPL's answer, and return its panel when it is loaded."""
    page.goto("/?ticker=AAPL&days=30")
    expect_answer(page, "AAPL")
    page.get_by_role("tab", name=name).click()
    panel = page.get_by_role("tabpanel", name=name)
    expect(panel.get_by_role("form")).to_be_visible()
    return panel


def deleted(page: Page) -> list[str]:
    """Return the list to which the paths of cancelled requests are added."""
    paths: list[str] = []

    def note(request: Request) -> None:
        if request.method == "DELETE":
            paths.append(re.sub(r"[0-9a-f-]{36}", "ID", urlsplit(request.url).path))

    page.on("request", note)
    return paths


def test_a_shared_evaluation_has_scores_errors_a_rule_and_words(blank: Page, shot: Shot) -> None:
    page = blank
    page.goto(EVALUATED)
    panel = page.get_by_role("tabpanel", name="Evaluate")
    expect(page.get_by_role("tab", name="Evaluate")).to_have_attribute("aria-selected", "true", timeout=60_000)
    scores = panel.locator("#evaluation-table tbody tr")
    expect(scores).to_have_count(2)
    expect(scores.filter(has_text="drift")).to_contain_text(
        re.compile("better|worse|no difference that can be told apart")
    )
    expect(panel.locator("#evaluation-words")).to_contain_text(worded("8 forecasts"))
    expect(panel.locator("#rule-table tbody th")).to_have_text(["Buy and hold", "Last price", "Last price with drift"])
    expect(panel.locator("#rule-words")).to_contain_text("not advice")
    expect(panel.locator("#errors-chart .main-svg").first).to_be_visible()
    panel.get_by_role("button", name="Beside what came").click()
    expect(panel.locator("#errors-chart .legendtext").first).to_have_text("Actual")
    panel.get_by_text("Each past forecast as a table").click()
    expect(panel.locator("#errors-table tbody tr")).to_have_count(8)
    panel.get_by_text("What the words mean").click()
    expect(panel.get_by_role("status").first).to_have_text("The evaluation is ready.")
    shot("evaluation")
    page.reload()
    expect(scores).to_have_count(2)


def test_a_form_becomes_an_address_and_its_progress_is_shown_until_it_is_cancelled(blank: Page, shot: Shot) -> None:
    page, cancelled = blank, deleted(blank)
    panel = open_panel(page, "Evaluate")
    answer_with(page, EVALUATIONS, [(202, {"status": "accepted", "progress": None, "step": None})])
    answer_with(page, ONE_EVALUATION, [(200, WORKING)])
    panel.get_by_label("GARCH").check()
    panel.get_by_label("Days to forecast", exact=True).fill("14")
    panel.get_by_role("button", name="Evaluate").press("Enter")
    bar = panel.get_by_role("progressbar", name="Work done")
    expect(bar).to_have_attribute("value", "0.3")
    expect(panel.get_by_role("region", name="Progress of the evaluation")).to_contain_text(
        worded(r"ETS, origin 12 of 40 \(30 %\)")
    )
    expect(panel.get_by_role("status").first).to_have_text(worded("25 % done"))
    query = parse_qs(urlsplit(page.url).query)
    assert (query["models"], query["evaluated_days"]) == (["drift,blend,ets,garch"], ["14"])
    shot("evaluation-progress")
    with page.expect_request(lambda request: request.method == "DELETE"):
        panel.get_by_role("button", name="Cancel").press("Enter")
    expect(panel).to_contain_text("The evaluation was cancelled.")
    expect(bar).to_be_hidden()
    expect(panel.get_by_role("button", name="Evaluate")).to_be_focused()
    assert cancelled == ["/api/v1/evaluations/ID"]


def test_a_trading_rule_has_a_bound_and_a_cost_and_models_of_the_server_are_offered(unopened: Page) -> None:
    page = unopened
    added = [{"name": name, "built_in": name == "ets", "usual": False} for name in ("ets", "own_one", "own_two")]
    answer_with(page, "**/api/v1/evaluations/models", [(200, {"models": added})])
    bodies = answer_with(page, EVALUATIONS, [problem("unknown_model", 400, "No model is called own_two.")])
    page.goto(f"{EVALUATED}&hold_above=0.6".replace("models=drift", "models=drift,own_two"))
    panel = page.get_by_role("tabpanel", name="Evaluate")
    choices = panel.get_by_role("group", name="Models")
    expect(choices.get_by_label("own_two")).to_be_checked()
    expect(choices.get_by_label("own_one")).not_to_be_checked()
    expect(choices.get_by_label("ETS")).to_have_count(1)
    expect(panel.get_by_label("Further models")).to_have_value("")
    bound, cost = panel.get_by_label("Hold above a chance of"), panel.get_by_label("Cost of each trade")
    expect(bound).to_have_value("60")
    expect(cost).to_have_value("0.1")
    submit = panel.get_by_role("button", name="Evaluate")
    bound.fill("120")
    submit.click()
    expect(bound).to_have_accessible_description(re.compile("from 0 to 99"))
    expect(bound).to_be_focused()
    bound.fill("55")
    cost.fill("0")
    choices.get_by_label("own_one").check()
    submit.click()
    expect(panel.get_by_label("Further models")).to_have_accessible_description(re.compile("own_two"))
    query = parse_qs(urlsplit(page.url).query)
    assert (query["rule"], query["hold_above"], query["cost"]) == (["yes"], ["0.55"], ["0"])
    sent = json.loads(bodies[-1])
    assert (sent["models"], sent["rule"]) == (["drift", "own_one", "own_two"], {"bound": 0.55, "cost_pct": 0})
    panel.get_by_label("A trading rule beside buying and holding").uncheck()
    expect(bound).to_be_disabled()


def test_a_panel_appears_with_its_script_and_not_before(unopened: Page) -> None:
    """A form without its script would leave the page."""
    page = unopened
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/evaluation_panel.js", hold)
    page.goto("/?ticker=AAPL&days=30")
    expect_answer(page, "AAPL")
    with page.expect_request("**/evaluation_panel.js"):
        page.get_by_role("tab", name="Evaluate").click()
    expect(page.get_by_role("tabpanel", name="Evaluate")).to_have_text("Loading…")
    held.pop().continue_()
    expect(page.get_by_role("form", name="Evaluate models")).to_be_visible()


def test_another_question_cancels_the_evaluation(unopened: Page) -> None:
    page = unopened
    cancelled = deleted(page)
    answer_with(page, EVALUATIONS, [(202, {"status": "accepted"})])
    answer_with(page, ONE_EVALUATION, [(200, WORKING)])
    page.goto(EVALUATED)
    expect(page.get_by_role("progressbar", name="Work done")).to_have_attribute("value", "0.3")
    with page.expect_request(lambda request: request.method == "DELETE"):
        ask(page, "MSFT", "30")
    expect_answer(page, "MSFT")
    assert cancelled == ["/api/v1/evaluations/ID"]
    expect(page.get_by_role("tab", name="Forecast")).to_have_attribute("aria-selected", "true")
    page.get_by_role("tab", name="Evaluate").click()
    expect(page.locator("#evaluation-form")).to_be_visible()
    expect(page.get_by_role("progressbar", name="Work done")).to_be_hidden()
    expect(page.locator("#evaluation-answer")).to_be_hidden()


def test_a_model_that_failed_is_a_row_with_its_reason(unopened: Page, evaluation: Answer) -> None:
    page = unopened
    reason = "The model raised ValueError."
    failed = {"name": "own", "label": "own", "failure": {"code": "model_failed", "detail": reason}, "forecasts": []}
    models = [*evaluation["models"], failed]
    answer_with(page, EVALUATIONS, [(200, {**evaluation, "models": models})])
    page.goto(EVALUATED)
    rows = page.locator("#evaluation-table tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.last).to_have_text(f"ownFailed: {reason}")
    expect(page.locator("#rule-table tbody tr")).to_have_count(3)
    fit(page, NARROW)
    expect(rows.last).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_failures_are_explained_in_the_panel_or_beside_their_field(blank: Page, shot: Shot) -> None:
    page = blank
    panel = open_panel(page, "Evaluate")
    unknown, ended = "There is no model walk.", {"request_id": "00000000-0000-4000-8000-000000000000"}
    late = (504, problem("deadline_exceeded", 504, "Too late.")[1] | ended)
    answer_with(page, EVALUATIONS, [late, problem("unknown_model", 400, unknown)])
    submit = panel.get_by_role("button", name="Evaluate")
    submit.click()
    expect(panel.get_by_role("alert").first).to_contain_text("The evaluation was not ready in time.")
    shot("evaluation-failure")
    panel.get_by_role("button", name="Try again").click()
    field = panel.get_by_label("Further models")
    expect(field).to_have_accessible_description(unknown)
    expect(field).to_be_focused()
    panel.get_by_label("Past forecasts").fill("1")
    field.fill("no such:model:")
    submit.click()
    expect(panel.get_by_label("Past forecasts")).to_have_accessible_description(re.compile("from 4 to 250"))
    expect(field).to_have_accessible_description(re.compile("is not the name of a model"))


def test_candles_are_found_and_stand_beside_other_days(blank: Page, shot: Shot) -> None:
    page = blank
    panel = open_panel(page, "Patterns")
    panel.get_by_role("button", name="G G G R").click()
    panel.get_by_role("button", name="Find").click()
    expect(panel.locator(".found h3")).to_contain_text(worded(r"found \d+ times"))
    expect(panel.locator(".found tbody tr")).to_have_count(3)
    expect(panel.locator(".horizon")).to_have_count(3)
    expect(panel.locator(".horizon").first).to_contain_text("5 trading days")
    bar = panel.locator(".moves-bar").first.bounding_box()
    assert bar is not None
    assert bar["width"] > 150
    cards = panel.locator(".gallery li")
    expect(cards).to_have_count(12)
    expect(cards.first).to_contain_text("AAPL")
    shot("patterns-candles")
    panel.get_by_role("button", name="Show more").press("Enter")
    expect(cards.nth(12)).to_be_focused()
    assert parse_qs(urlsplit(page.url).query)["candles"] == ["G G G R"]
    page.reload()
    expect(cards.first).to_contain_text("AAPL")
    page.go_back()
    expect(page.get_by_role("tab", name="Forecast")).to_have_attribute("aria-selected", "true")
    expect(panel).to_be_hidden()


def test_a_mistake_in_the_candles_is_marked_at_its_place(unopened: Page) -> None:
    page = unopened
    panel = open_panel(page, "Patterns")
    field = panel.get_by_label("Candles", exact=True).and_(page.locator("[type=text]"))
    field.fill("G G>2 R")
    panel.get_by_role("button", name="Find").click()
    expect(field).to_have_accessible_description(re.compile(r"Column \d"))
    expect(field).to_be_focused()
    assert field.evaluate("(field) => field.value.slice(field.selectionStart, field.selectionEnd)") != ""
    field.fill("")
    panel.get_by_role("button", name="Find").click()
    expect(field).to_have_accessible_description(re.compile("such as G G G R"))


def test_several_patterns_are_searched_at_once(blank: Page, shot: Shot) -> None:
    page = blank
    panel = open_panel(page, "Patterns")
    field = panel.get_by_label("Candles", exact=True).and_(page.locator("[type=text]"))
    add = panel.get_by_role("button", name="Add another pattern")
    add.click()
    expect(field).to_have_accessible_description(re.compile("such as G G G R"))
    field.fill("G G G R")
    add.click()
    expect(field).to_have_value("")
    expect(field).to_be_focused()
    listed = panel.get_by_role("list", name="Patterns of this search").get_by_role("listitem")
    expect(listed).to_have_count(1)
    field.fill("hammer")
    add.click()
    panel.get_by_label("Turnaround").check()
    expect(panel.get_by_text("Its verdicts allow for their number.")).to_be_visible()
    panel.get_by_role("button", name="Find").click()
    expect(panel.locator(".found h3")).to_have_count(3)
    overview = panel.get_by_role("table", name="The patterns of this search")
    expect(overview.locator("tbody tr")).to_have_count(3)
    expect(overview).to_contain_text("as on any other day")
    assert parse_qs(urlsplit(page.url).query)["pattern"] == ["candles", "candles", "turnaround"]
    shot("patterns-several")
    page.reload()
    expect(panel.locator(".found h3")).to_have_count(3)
    expect(listed).to_have_count(2)
    panel.get_by_role("button", name="Remove hammer").click()
    expect(listed).to_have_count(1)
    expect(panel.get_by_role("button", name="Remove G G G R")).to_be_focused()


def test_the_wrong_one_of_several_patterns_comes_back_into_the_form(unopened: Page) -> None:
    page = unopened
    panel = open_panel(page, "Patterns")
    field = panel.get_by_label("Candles", exact=True).and_(page.locator("[type=text]"))
    for text in ("G G", "G X R", "R R"):
        field.fill(text)
        panel.get_by_role("button", name="Add another pattern").click()
    panel.get_by_role("button", name="Find").click()
    expect(field).to_have_value("G X R")
    expect(field).to_have_accessible_description(re.compile(r"^Column 3: 'X' is no candle"))
    expect(panel.get_by_role("list", name="Patterns of this search").get_by_role("listitem")).to_have_count(2)


def test_a_stretch_of_the_chart_is_marked_and_found_again(blank: Page, shot: Shot) -> None:
    page = blank
    panel = open_panel(page, "Patterns")
    panel.get_by_label("Shape of the chart").check()
    find = panel.get_by_role("button", name="Find similar")
    find.click()
    expect(panel.get_by_label("First day")).to_have_accessible_description(re.compile("enter both dates"))
    chart = panel.locator("#stretch-chart")
    expect(chart.locator(".main-svg").first).to_be_visible()
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 80)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 90, steps=5)
    page.mouse.up()
    expect(panel.get_by_role("status").filter(has_text="Marked")).to_contain_text("trading days")
    panel.get_by_label("First day").fill("2012-01-03")
    panel.get_by_label("Last day").fill("2012-02-15")
    expect(panel.get_by_role("status").filter(has_text="Marked")).to_contain_text(worded("3 Jan 2012 to 15 Feb 2012"))
    find.press("Enter")
    expect(panel.locator(".found h3")).to_contain_text("found", timeout=60_000)
    expect(panel.locator(".gallery li").first).to_contain_text("Correlation")
    shot("patterns-shape")
    query = parse_qs(urlsplit(page.url).query)
    assert (query["start"], query["end"]) == (["2012-01-03"], ["2012-02-15"])
    page.reload()
    expect(panel.get_by_role("status").filter(has_text="Marked")).to_contain_text(worded("3 Jan 2012 to 15 Feb 2012"))


def test_a_search_without_hits_says_so(unopened: Page) -> None:
    page = unopened
    panel = open_panel(page, "Patterns")
    panel.get_by_label("Candles", exact=True).and_(page.locator("[type=text]")).fill("G>90%")
    panel.get_by_role("button", name="Find").click()
    expect(panel.locator(".found h3")).to_contain_text("not found")
    expect(panel.locator(".gallery")).to_have_count(0)
    expect(panel.locator("#pattern-answer")).to_contain_text("Searched:")
