"""Scripts that load late and fail: not every browser loads them again, so the page offers a reload."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.conftest import Lists, fit, keep_picture, violations
from tests.e2e.test_page import expect_answer

ADVICE = "Check that you are online, then reload the page."


@pytest.fixture
def fail(unopened: Page) -> Callable[[str], Callable[[], None]]:
    """Make a script of the page fail. The result ends this."""

    def begin(script: str) -> Callable[[], None]:
        def abort(route: Route) -> None:
            route.abort()

        unopened.route(f"**/static/{script}", abort)
        return lambda: unopened.unroute(f"**/static/{script}", abort)

    return begin


Fail = Callable[[str], Callable[[], None]]


def open_answer(page: Page) -> None:
    page.goto("/?ticker=AAPL&days=30")
    expect_answer(page, "AAPL")


def reload_by(place: Locator) -> None:
    """Press the button that reloads the page, and wait until the page is there again."""
    with place.page.expect_event("load"):
        place.get_by_role("button", name="Reload the page").click()


@pytest.mark.parametrize("script", ["panels/comparison.js", "charts/traces.js"])
def test_a_panel_whose_script_fails_is_there_after_a_reload(unopened: Page, fail: Fail, script: str) -> None:
    page = unopened
    mend = fail(script)
    open_answer(page)
    page.get_by_role("tab", name="Compare").click()
    panel = page.get_by_role("tabpanel", name="Compare")
    expect(panel).to_contain_text(f"This part of the page could not be loaded. {ADVICE}")
    page.get_by_role("tab", name="Forecast").click()
    page.get_by_role("tab", name="Compare").click()  # the panel is loaded anew whenever it is shown
    expect(panel).to_contain_text(ADVICE)
    expect(panel.get_by_role("button", name="Try again")).to_have_count(0)
    fit(page, {"width": 375, "height": 740})
    keep_picture(page, "late-script-panel-375")
    assert violations(page) == []
    mend()
    reload_by(panel)
    expect_answer(page, "AAPL")
    page.get_by_role("tab", name="Compare").click()
    expect(page.get_by_label("Compare with")).to_be_visible()


def test_the_board_whose_script_fails_is_there_after_a_reload(unopened: Page, fail: Fail) -> None:
    page = unopened
    mend = fail("market/words.js")
    page.goto("/")
    section = page.locator("#market")
    expect(section).to_contain_text(f"The board of the market could not be loaded. {ADVICE}")
    expect(page.locator("#watchlist")).to_be_visible()
    mend()
    reload_by(section)
    expect(page.locator("#market-missing, #market-fold").first).to_be_attached()


def test_a_form_of_an_alert_whose_script_fails_opens_after_a_reload(unopened: Page, fail: Fail) -> None:
    page = unopened
    mend = fail("alerts/channel_boxes.js")
    open_answer(page)
    page.get_by_role("button", name="New alert").wait_for()
    page.get_by_role("button", name="Alert me at this price").click()
    problem = page.locator("#alerts-problem")
    expect(problem).to_contain_text(ADVICE)
    expect(problem).to_be_in_viewport()
    mend()
    fit(page, {"width": 375, "height": 740})
    keep_picture(page, "late-script-alerts-375")
    assert violations(page) == []
    reload_by(problem)
    expect_answer(page, "AAPL")
    page.get_by_role("button", name="New alert").click()
    expect(page.get_by_role("dialog", name="New alert")).to_be_visible()


def test_a_report_of_a_list_whose_script_fails_offers_a_reload(unopened: Page, fail: Fail, lists: Lists) -> None:
    page = unopened
    lists.add("AAPL")
    fail("watchlists/list_report.js")
    page.goto("/")
    report = page.get_by_role("button", name="Report", exact=True)
    expect(report).to_be_visible()
    page.context.set_offline(True)
    report.click()
    expect(page.locator("#watchlist-problem")).to_contain_text("The server cannot be reached.")
    page.context.set_offline(False)
    report.click()
    problem = page.locator("#watchlist-problem")
    expect(problem).to_contain_text(f"The report could not be made. {ADVICE}")
    expect(report).to_be_enabled()
    fit(page, {"width": 375, "height": 740})
    keep_picture(page, "late-script-report-375")
    reload_by(problem)
    expect(page.locator("#watchlist-table tbody tr")).to_have_count(1)


def test_an_upload_whose_script_fails_opens_after_a_reload(unopened: Page, fail: Fail) -> None:
    page = unopened
    mend = fail("uploads/words.js")
    page.goto("/")
    opener = page.get_by_role("button", name="Upload prices of your own")
    opener.dblclick()
    foot = page.locator("#foot")
    expect(foot).to_contain_text(f"The upload could not be loaded. {ADVICE}")
    expect(foot.get_by_role("alert")).to_have_count(1)
    opener.click()
    expect(foot.get_by_role("alert")).to_have_count(1)
    fit(page, {"width": 375, "height": 740})
    keep_picture(page, "late-script-upload-375")
    mend()
    reload_by(foot)
    opener.click()
    expect(page.get_by_role("dialog", name="Upload prices of your own")).to_be_visible()
