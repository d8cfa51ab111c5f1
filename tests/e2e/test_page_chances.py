"""The distribution on the page: bands, dots, the line at a price, sample paths, risk, calibration, level and model."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect

from tests.e2e.conftest import Shot, fit, keep_pictures, take_pictures, watched_page
from tests.e2e.test_page import FORECASTS, Answer, answer_with, ask, expect_answer, expect_field_error, finished, worded
from tests.e2e.test_page_tools import chart_of, expect_chart, open_tab, shared_answer, shown

__all__ = ["finished", "shared_answer", "shown"]  # fixtures

WORDS = worded(r"^Above \$[\d.]+: \d+ of 20, (\d+|less than 1|more than 99) %.*; touched on the way: [\w ]+ %\.$")
NEW_FIELDS = ("distribution", "chances", "risk", "sample_paths", "events", "expected_report", "report_note")


def line(page: Page) -> Locator:
    return page.get_by_role("slider", name="Line at a price")


def price_of(page: Page) -> float:
    """Return the price of the line, which the slider and the field share."""
    price = line(page).get_attribute("aria-valuenow")
    assert price is not None
    assert float(page.get_by_label("Price of the line").input_value()) == float(price)
    return float(price)


def grip(page: Page) -> FloatRect:
    line(page).scroll_into_view_if_needed()
    box = line(page).bounding_box()
    assert box is not None
    return box


def middle(box: FloatRect) -> float:
    return box["y"] + box["height"] / 2


def test_dots_and_bands_end_on_the_target_date(shown: Page) -> None:
    page = shown
    expect(page.locator("#chances-title")).to_have_text(worded("^Where it may end on Mon 1 Apr 2013$"))
    expect(page.locator("#chances-words")).to_contain_text(worded(r"\d+ of 20 end below the last close, \$430\.47\."))
    expect(page.locator("#chart-key")).to_contain_text(worded(r"50 % \(innermost\), 80 % and 95 % \(outermost\)"))
    dots = chart_of(page, "data.find(({name}) => name === 'Outcomes')")
    lowest, highest = chart_of(page, "layout.yaxis.range")
    assert len(dots["y"]) == 20
    assert dots["yaxis"] == "y", "the dots are on the axis of the prices"
    assert lowest < min(dots["y"]) < max(dots["y"]) < highest


def test_line_is_dragged_with_the_mouse(shown: Page) -> None:
    page = shown
    before, box = price_of(page), grip(page)
    x = box["x"] + box["width"] - 20
    page.mouse.move(x, middle(box))
    page.mouse.down()
    page.mouse.move(x, middle(box) + 40, steps=4)
    page.mouse.up()
    after = price_of(page)
    assert after < before
    expect(page.locator("#line-words")).to_have_text(WORDS)
    assert abs(middle(grip(page)) - middle(box) - 40) < 4, "the line is under the pointer"
    page.mouse.move(x, middle(box) - 40)
    assert price_of(page) == after, "the line is released"
    keep_pictures(page, "line")


def test_line_is_moved_by_keys_and_read_aloud(shown: Page) -> None:
    page = shown
    slider, start = line(page), price_of(page)
    slider.focus()
    for key, moved in (("ArrowUp", 2), ("ArrowRight", 4), ("ArrowDown", 2), ("PageDown", -18), ("ArrowLeft", -20)):
        page.keyboard.press(key)
        assert price_of(page) == start + moved, key
        expect(slider).to_have_attribute("aria-valuetext", WORDS)
    page.keyboard.press("End")
    _, highest = chart_of(page, "layout.yaxis.range")
    assert highest - 2 <= price_of(page) <= highest
    page.keyboard.press("Home")
    assert float(slider.get_attribute("aria-valuemin") or "nan") <= price_of(page) < start
    expect(slider).to_have_attribute("aria-orientation", "vertical")


def test_typed_price_moves_the_line(shown: Page) -> None:
    page = shown
    field = page.get_by_label("Price of the line")
    field.fill("$450")
    expect(page.locator("#line-words")).to_have_text(
        worded(r"^Above \$450\.00: \d+ of 20, \d+ %; touched on the way: \d+ %\.$")
    )
    expect(line(page)).to_have_attribute("aria-valuenow", "450")
    filled = chart_of(page, "data.find(({name}) => name === 'Outcomes').marker.color")
    count = re.search(r"(\d+)\sof", page.locator("#line-words").inner_text())
    assert count
    page.wait_for_function(
        f"""() => document.getElementById("forecast-chart").data.find(({{name}}) => name === "Outcomes").marker.color
            .filter((colour) => colour === "{filled[-1]}").length === {count[1]}"""
    )
    field.press("ArrowUp")
    expect(field).to_have_value("452")
    field.fill("400")
    expect(page.locator("#line-words")).to_contain_text(worded(r"Below it: \d+ of 20, \d+ %; touched on the way"))
    field.fill("99999")
    expect(page.locator("#line-words")).to_contain_text(
        worded("0 of 20, less than 1 %; touched on the way: less than 1 %")
    )


def test_typed_text_that_is_no_price_is_explained(shown: Page) -> None:
    field = shown.get_by_label("Price of the line")
    no_price, dollars = "Enter a price above 0, such as 450.50.", "The prices of this stock are in USD."
    problems = {"": no_price, "0": no_price, "-5": no_price, "abc": no_price}
    problems |= {"4,5": "Write the decimals after a point, such as 450.50."}
    problems |= {"£450": f"{dollars} Type the number alone, or with USD."}
    for text, problem in problems.items():
        field.fill(text)
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(problem)
        expect(shown.locator("#line-words")).to_be_empty()
    field.fill("450.125 USD")
    expect(field).not_to_have_attribute("aria-invalid", "true")
    expect(shown.locator("#line-words")).to_contain_text("Above $450.125: ")


def test_line_is_dragged_with_a_finger_below_the_prices(browser: Browser, stack: str) -> None:
    size: Any = {"width": 375, "height": 740}
    with watched_page(browser, stack, viewport=size, has_touch=True, is_mobile=True) as page:
        page.goto("/?ticker=AAPL&days=30")
        expect_answer(page, "AAPL")
        expect_chart(page)
        assert chart_of(page, "layout.yaxis3.range") == chart_of(page, "layout.yaxis.range")
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        before, box = price_of(page), grip(page)
        assert box["height"] >= 44, "a finger needs room"
        touch = page.context.new_cdp_session(page)
        at = {"x": box["x"] + box["width"] / 2, "y": middle(box)}
        touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [at]})
        for step in range(1, 5):
            moved = at | {"y": at["y"] - 5 * step}
            touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [moved]})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        assert price_of(page) > before
        expect(page.locator("#line-words")).to_have_text(WORDS)


def test_long_forecast_has_a_logarithmic_axis_on_which_the_line_is_dragged(blank: Page) -> None:
    page = blank
    page.goto("/?ticker=AAPL&days=10000")
    expect_answer(page, "AAPL")
    expect_chart(page)
    assert chart_of(page, "layout.yaxis.type") == "log"
    field = page.get_by_label("Price of the line")
    field.fill("1000")
    box = grip(page)
    lowest, highest = chart_of(page, "layout.yaxis.range")
    top, height = chart_of(page, "_fullLayout.yaxis._offset"), chart_of(page, "_fullLayout.yaxis._length")
    chart = page.locator("#forecast-chart").bounding_box()
    assert chart
    assert middle(box) == pytest.approx(chart["y"] + top + height * (highest - 3) / (highest - lowest), abs=2)
    x = box["x"] + box["width"] - 20
    page.mouse.move(x, middle(box))
    page.mouse.down()
    page.mouse.move(x, middle(box) - height / (highest - lowest), steps=4)
    page.mouse.up()
    assert price_of(page) == pytest.approx(10_000, rel=0.05), "a power of ten higher"
    keep_pictures(page, "long")


def test_chart_changes_its_form_with_the_window(shown: Page) -> None:
    page = shown
    fit(page, {"width": 375, "height": 740})
    page.wait_for_function("() => document.getElementById('forecast-chart').layout.yaxis3")
    fit(page, {"width": 1280, "height": 900})
    page.wait_for_function("() => !document.getElementById('forecast-chart').layout.yaxis3")
    expect(line(page)).to_be_visible()


def test_sample_paths_are_switched_on(shown: Page) -> None:
    page = shown
    switch = page.get_by_role("switch", name="Show sample paths")
    expect(switch).not_to_be_checked()
    expect(switch).to_have_accessible_description("possible, not predicted")
    switch.click()
    expect(switch).to_be_checked()
    expect(page.locator("#forecast-chart")).to_contain_text("Paths: possible, not predicted")
    gaps = "data.find(({name}) => name.startsWith('Paths')).y.filter((price) => price === null).length"
    assert chart_of(page, gaps) == 10
    keep_pictures(page, "sample-paths")
    switch.click()
    expect(page.locator("#forecast-chart")).not_to_contain_text("Paths")


def test_view_is_saved_as_a_picture(shown: Page) -> None:
    with shown.expect_download() as download:
        shown.get_by_role("button", name="Save this view").click()
    assert download.value.suggested_filename == "AAPL-30d-view.png"
    assert download.value.path().read_bytes().startswith(b"\x89PNG")


def test_level_and_model_are_part_of_the_address(page: Page, finished: Answer) -> None:
    sent = answer_with(page, FORECASTS, [(200, finished)])
    page.locator("#options summary").click()
    page.get_by_label("Level of the interval").select_option("95 %")
    page.get_by_label("Model").select_option("Last price")
    ask(page, "AAPL", "30")
    expect_answer(page, "AAPL")
    expect(page).to_have_url(re.compile(r"/\?ticker=AAPL&days=30&level=0\.95&model=last_price$"))
    asked = json.loads(sent[0])
    assert (asked["level"], asked["model"]) == (0.95, "last_price")


def test_level_and_model_are_read_from_a_shared_address(unopened: Page, shot: Shot) -> None:
    page = unopened
    page.goto("/?ticker=AAPL&days=30&level=0.90&model=last_price")
    title = expect_answer(page, "AAPL")
    expect(title).to_contain_text(worded("90 % between"))
    expect(page.get_by_label("Level of the interval")).to_have_value("0.9")
    expect(page.get_by_label("Model")).to_have_value("last_price")
    expect(page.locator("#chart-key")).to_contain_text(worded("The headline states the 90 % interval."))
    expect(page.get_by_role("navigation", name="Recent questions")).to_be_hidden()
    shot("options")
    page.goto("/")
    link = page.get_by_role("navigation", name="Recent questions").get_by_role("link")
    expect(link).to_have_text(worded("^AAPL, 30 d, 90 %, Last price$"))
    expect(link).to_have_attribute("href", "?ticker=AAPL&days=30&level=0.9&model=last_price")


def test_any_level_of_the_api_is_read_from_an_address(unopened: Page) -> None:
    page = unopened
    level = page.get_by_label("Level of the interval")
    page.goto("/?ticker=AAPL&days=30&level=0.8525")
    expect(expect_answer(page, "AAPL")).to_contain_text(worded("85.25 % between"))
    expect(level.locator("option")).to_have_text(["50 %", "80 %", "85.25 %", "90 %", "95 %", "99 %"])
    expect(level).to_have_value("0.8525")
    level.select_option("95 %")
    page.get_by_role("button", name="Forecast", exact=True).click()
    expect(page.locator("#answer-title")).to_contain_text(worded("95 % between"))
    page.go_back()
    expect(page.locator("#answer-title")).to_contain_text(worded("85.25 % between"))
    expect(level).to_have_value("0.8525")
    page.go_forward()
    expect(page.locator("#answer-title")).to_contain_text(worded("95 % between"))
    expect(level.locator("option")).to_have_count(5)
    page.goto("/")
    expect(page.get_by_role("link", name="AAPL, 30 d, 85.25 %")).to_be_visible()


def test_unknown_level_or_model_in_an_address_is_explained(unopened: Page) -> None:
    page = unopened
    for level in ("0.123", "85", "nan", ""):
        page.goto(f"/?ticker=AAPL&days=30&level={level}")
        words = "The level in the address is not a number from 0.5 to 0.99. Choose one from the list."
        expect_field_error(page, "level", words)
    page.goto("/?ticker=AAPL&days=30&model=crystal")
    expect_field_error(page, "model", "The model in the address does not exist. Choose one from the list.")
    page.get_by_label("Model").select_option("Blend")
    expect(page.locator("#model-error")).to_be_hidden()


def test_risk_is_in_words_with_bars(shown: Page) -> None:
    page = shown
    open_tab(page, "Risk")
    losses = page.locator("#risk-losses")
    expect(losses).to_contain_text(
        worded(r"Value at risk, 95 %\d+\.\d %.*may end no lower than \d+\.\d % below the last close")
    )
    expect(losses).to_contain_text("Expected shortfall, 95 %")
    expect(losses).to_contain_text("Median drawdown")
    expect(losses).to_contain_text("95 % drawdown")
    expect(page.locator("#risk-chances")).to_contain_text(
        worded(r"Gain of more than 10 %\d+ %Loss of more than 10 %\d+ %")
    )
    expect(page.locator("#risk-volatility")).to_contain_text(worded(r"larger than on \d+ % of past days"))
    widths = losses.locator(".track span").evaluate_all("bars => bars.map(({clientWidth}) => clientWidth)")
    assert len(widths) == 4
    assert all(width > 0 for width in widths)
    take_pictures(page, "risk")


def test_backtest_compares_stated_with_seen(shown: Page) -> None:
    page = shown
    open_tab(page, "Backtest")
    expect(page.locator("#calibration-words")).to_contain_text(
        worded(r"The intervals of 50, 80 and 95 % held the price in \d+ %, \d+ % and \d+ % of 20 tests")
    )
    expect(page.locator("#calibration-words")).to_contain_text("(CRPS)")
    expect(page.locator("#calibration-words")).to_contain_text("Brier score")
    expect(page.locator("#calibration-chart .main-svg").first).to_be_visible()
    page.get_by_text("Stated and seen as a table").click()
    expect(page.locator("#calibration-table tbody tr")).to_have_count(9)


def test_result_of_an_older_version_is_shown_as_before(blank: Page, finished: Answer) -> None:
    page = blank
    days = [{name: day[name] for name in day if name != "quantiles"} for day in finished["forecast"]]
    points = [{name: point[name] for name in point if name != "pit"} for point in finished["backtest"]["points"]]
    backtest = finished["backtest"] | {"points": points}
    old = {name: finished[name] for name in finished if name not in NEW_FIELDS}
    answer_with(page, FORECASTS, [(200, old | {"forecast": days, "backtest": backtest})])
    page.goto("/?ticker=AAPL&days=30")
    expect_answer(page, "AAPL")
    expect_chart(page)
    assert chart_of(page, "data.map(({name}) => name)").count("Upper") == 1
    for hidden in ("#chances", "#price-line", "#path-switch", "#tab-risk"):
        expect(page.locator(hidden)).to_be_hidden()
    expect(page.locator("#chart-key")).to_have_text(worded("^The band is the 80 % interval.$"))
    page.get_by_role("tab", name="Forecast").press("ArrowRight")
    page.get_by_role("tab", name="Insights").press("ArrowRight")
    expect(page.get_by_role("tabpanel", name="Backtest")).to_be_visible()
    expect(page.locator("#calibration")).to_be_hidden()
    expect(page.locator("#backtest-chart .main-svg").first).to_be_visible()
