"""The page's upload of prices: by a button, by a dropped file, and its report."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import FileChooser, Page, Route, expect

from tests.e2e.conftest import Shot, fit, keep_pictures

DAYS = [f"2024-{month:02}-{day:02}" for month in range(1, 5) for day in range(1, 21)]
EARLY_DAYS = [f"2024-{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 13)]
"""Days whose dates can be read with the day or the month first."""
PHONE: Any = {"width": 375, "height": 812}
DROP = """(namesAndTexts) => {
    const dropped = new DataTransfer();
    while (namesAndTexts.length) {
        const [name, text] = namesAndTexts.splice(0, 2);
        dropped.items.add(new File([text], name));
    }
    for (const type of ["dragover", "drop"]) {
        const event = new DragEvent(type, {dataTransfer: dropped, bubbles: true, cancelable: true});
        document.body.dispatchEvent(event);
        if (!event.defaultPrevented) throw new Error(`the browser would open the file on ${type}`);
    }
}"""


def table(rows: list[str], header: str = "date,close") -> str:
    return "\n".join([header, *rows, ""])


def good_rows() -> list[str]:
    return [f"{day},10.5" for day in DAYS]


@pytest.fixture(autouse=True)
def _without_uploads(stack: str) -> Iterator[None]:
    """Remove the uploaded series after the test."""
    yield
    for ticker in ("MY-FUND", "FUND", "COPPER", "ZINC"):
        httpx.delete(f"{stack}/api/v1/tickers/{ticker}", timeout=60)


def choose(page: Page, name: str, text: str) -> None:
    page.get_by_label("File", exact=True).set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
    )


@contextmanager
def opening_picker(page: Page) -> Iterator[Callable[[], FileChooser]]:
    """Expect that the block opens the picker of files.

    The page has to know first that the test handles the picker: a key or a click reaches it by another route, and may
    otherwise arrive earlier.
    """
    with page.expect_file_chooser() as chooser:
        page.evaluate("() => null")
        yield lambda: chooser.value


def upload(page: Page) -> None:
    page.get_by_role("button", name="Upload", exact=True).click()


def expect_defaults(page: Page) -> None:
    """Expect that no choice of an earlier file is left."""
    for label in ("Currency", "Dates", "Decimal mark"):
        expect(page.get_by_label(label, exact=True)).to_have_value("")
    for label in ("Add or correct days of the series that is stored", "Leave out rows that cannot be stored"):
        expect(page.get_by_label(label)).not_to_be_checked()


def test_a_file_is_chosen_and_uploaded_with_the_keyboard(page: Page, shot: Shot) -> None:
    button = page.get_by_role("button", name="Upload prices of your own")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Upload prices of your own")
    expect(dialog).to_be_visible()
    page.get_by_role("button", name="Upload", exact=True).press("Enter")
    expect(page.get_by_label("File", exact=True)).to_have_accessible_description("Choose a file.")
    choose(page, "my fund.csv", table(good_rows()))
    expect(page.get_by_label("Ticker", exact=True)).to_have_value("MY-FUND")
    expect(page.get_by_label("Ticker", exact=True)).to_have_accessible_description(
        "A name of your choice, such as MY-FUND"
    )
    page.get_by_label("Currency").fill("eur")
    shot("upload")
    page.get_by_label("Currency").press("Enter")
    expect(page.locator("#upload-report")).to_contain_text("MY-FUND now has 80 days, 1 Jan 2024 to 20 Apr 2024.")
    page.get_by_role("link", name="Forecast MY-FUND").press("Enter")
    expect(page.locator("#answer-title")).to_contain_text("MY-FUND")
    page.get_by_role("tab", name="Data").click()
    expect(page.locator("#answer-facts")).to_contain_text("An uploaded file: 80 closes")
    expect(page.locator("#answer-price")).to_contain_text("€10.50")


def test_a_dropped_file_opens_the_dialog_and_its_faulty_rows_are_a_table(page: Page, shot: Shot) -> None:
    rows = [*good_rows(), "2024-04-21,-7", f"{'some' * 30},7"]
    page.evaluate(DROP, ["fund.csv", table(rows)])
    dialog = page.get_by_role("dialog", name="Upload prices of your own")
    expect(page.get_by_label("Ticker", exact=True)).to_have_value("FUND")
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(dialog.get_by_role("table", name="2 faulty rows")).to_be_visible()
    expect(dialog.locator("tbody tr").first).to_contain_text("Only positive values can be forecast.")
    shot("upload-faulty-rows")
    fit(page, PHONE)
    room = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert room <= 0
    assert dialog.evaluate("(it) => it.scrollWidth <= it.clientWidth")
    aligned = "(cells) => cells.map((cell) => getComputedStyle(cell).textAlign)"
    assert dialog.locator("th, td").evaluate_all(aligned) == ["start"] * 6
    page.get_by_label("Leave out rows that cannot be stored").check()
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.locator("#upload-report")).to_contain_text("FUND now has 80 days")
    expect(dialog.locator("tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Upload prices of your own")).to_be_visible()


def test_a_question_about_the_file_is_answered_in_the_dialog(page: Page) -> None:
    rows = [
        f"{month:02}/{day:02}/{year};1.{day:03}"
        for year in (2010, 2011)
        for month in range(1, 13)
        for day in range(1, 13)
    ]
    page.evaluate(DROP, ["fund.csv", table(rows, "date;close")])
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.locator("#upload-report")).to_contain_text("Choose the order in the field “Dates”.")
    expect(page.get_by_label("Dates", exact=True)).to_be_focused()
    page.get_by_label("Dates", exact=True).select_option("mdy")
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_label("Decimal mark")).to_be_focused()
    page.get_by_label("Decimal mark").select_option("point")
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.locator("#upload-report")).to_contain_text("FUND now has 288 days")


def test_a_file_dropped_after_a_stored_one_starts_a_new_upload(page: Page, stack: str) -> None:
    page.evaluate(DROP, ["copper.csv", table([f"{day[5:7]}/{day[8:]}/{day[:4]},10.5" for day in EARLY_DAYS])])
    upload(page)
    expect(page.get_by_label("Dates", exact=True)).to_be_focused()
    page.get_by_label("Dates", exact=True).select_option("mdy")
    page.get_by_label("Currency").fill("EUR")
    page.get_by_label("Leave out rows that cannot be stored").check()
    upload(page)
    expect(page.locator("#upload-report")).to_contain_text("COPPER now has 144 days")
    page.get_by_role("button", name="Close").click()
    page.evaluate(DROP, ["zinc.csv", table([f"{day[8:]}/{day[5:7]}/{day[:4]},20.5" for day in EARLY_DAYS])])
    expect(page.get_by_label("Ticker", exact=True)).to_have_value("ZINC")
    expect(page.locator("#upload-report")).to_be_empty()
    expect_defaults(page)
    upload(page)
    expect(page.locator("#upload-report")).to_contain_text("The dates can be read in several orders")
    page.get_by_label("Dates", exact=True).select_option("dmy")
    upload(page)
    expect(page.locator("#upload-report")).to_contain_text("ZINC now has 144 days")
    closes = httpx.get(f"{stack}/api/v1/prices/COPPER", timeout=60).raise_for_status().text
    assert "10.5" in closes
    assert "20.5" not in closes


def test_another_file_in_the_open_dialog_keeps_nothing_of_the_stored_one(page: Page) -> None:
    page.get_by_role("button", name="Upload prices of your own").click()
    page.get_by_label("Ticker", exact=True).fill("copper")
    page.get_by_label("Currency").fill("EUR")
    page.get_by_label("Leave out rows that cannot be stored").check()
    choose(page, "january.csv", table(good_rows()))
    expect(page.get_by_label("Ticker", exact=True)).to_have_value("copper")
    expect(page.get_by_label("Currency")).to_have_value("EUR")
    expect(page.get_by_label("Leave out rows that cannot be stored")).to_be_checked()
    upload(page)
    expect(page.locator("#upload-report")).to_contain_text("COPPER now has 80 days")
    choose(page, "zinc.csv", table(good_rows()))
    expect(page.get_by_label("Ticker", exact=True)).to_have_value("ZINC")
    expect(page.locator("#upload-report")).to_be_empty()
    expect_defaults(page)


def test_a_corrected_file_goes_to_the_typed_ticker_and_is_asked_about_anew(page: Page) -> None:
    page.evaluate(DROP, ["january.csv", table(good_rows())])
    page.get_by_label("Ticker", exact=True).fill("MY-FUND")
    page.get_by_label("Currency").fill("EUR")
    page.get_by_label("Add or correct days of the series that is stored").check()
    page.get_by_text("How the file is read").click()
    page.get_by_label("Dates", exact=True).select_option("dmy")
    page.get_by_label("Decimal mark").select_option("point")
    upload(page)
    expect(page.locator("#upload-report")).to_contain_text("No prices of MY-FUND are stored.")
    choose(page, "january corrected.csv", table(good_rows()))
    expect(page.get_by_label("Ticker", exact=True)).to_have_value("MY-FUND")
    expect(page.get_by_label("Currency")).to_have_value("EUR")
    # Without this tick, a file of one month would replace the whole series.
    expect(page.get_by_label("Add or correct days of the series that is stored")).to_be_checked()
    expect(page.get_by_label("Dates", exact=True)).to_have_value("")
    expect(page.get_by_label("Decimal mark")).to_have_value("")
    expect(page.locator("#upload-report")).to_be_empty()


def test_a_refused_file_leaves_nothing_to_a_file_of_another_name(page: Page) -> None:
    refused = table([*good_rows(), "2024-04-21,-7"])
    page.evaluate(DROP, ["copper.csv", refused])
    page.get_by_label("Currency").fill("EUR")
    page.get_by_label("Leave out rows that cannot be stored").check()
    page.get_by_label("Add or correct days of the series that is stored").check()
    page.get_by_label("Ticker", exact=True).fill("mistyped")
    page.get_by_label("Ticker", exact=True).fill("")
    page.evaluate(DROP, ["copper.csv", refused])
    expect(page.get_by_label("Ticker", exact=True)).to_have_value("COPPER")
    expect(page.get_by_label("Currency")).to_have_value("EUR")
    expect(page.get_by_label("Add or correct days of the series that is stored")).to_be_checked()
    page.evaluate(DROP, ["zinc.csv", refused])
    expect(page.get_by_label("Ticker", exact=True)).to_have_value("ZINC")
    expect_defaults(page)


def test_a_closed_dialog_keeps_no_typed_ticker(page: Page) -> None:
    page.evaluate(DROP, ["copper.csv", table(["2024-04-21,-7"])])
    page.get_by_label("Ticker", exact=True).fill("FUND")
    upload(page)
    expect(page.locator("#upload-report .field-error")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Upload prices of your own").click()
    expect(page.get_by_label("Ticker", exact=True)).to_have_value("")
    expect(page.locator("#upload-report")).to_be_empty()
    choose(page, "zinc.csv", table(good_rows()))
    expect(page.get_by_label("Ticker", exact=True)).to_have_value("ZINC")


def test_two_dropped_files_are_refused_until_one_is_chosen(page: Page, shot: Shot) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method in ("PUT", "PATCH") else None)
    file = page.get_by_label("File", exact=True)
    expect(page.locator("#upload-file[multiple]")).to_have_count(0)
    page.evaluate(DROP, ["copper.csv", table(good_rows()), "zinc.csv", table(good_rows())])
    expect(file).to_have_accessible_description("Only one file at a time can be uploaded. Choose or drop one file.")
    expect(file).to_be_focused()
    expect(page.get_by_label("Ticker", exact=True)).to_have_value("")
    shot("upload-two-files")
    page.get_by_label("Ticker", exact=True).fill("FUND")
    page.keyboard.press("Enter")
    expect(file).to_have_accessible_description("Only one file at a time can be uploaded. Choose or drop one file.")
    page.get_by_label("Ticker", exact=True).fill("")
    assert sent == []
    page.evaluate(DROP, ["zinc.csv", table(good_rows())])
    expect(file).to_have_accessible_description(re.compile("^CSV or JSON"))
    expect(page.get_by_label("Ticker", exact=True)).to_have_value("ZINC")
    page.evaluate(DROP, ["copper.csv", table(good_rows()), "zinc.csv", table(good_rows())])
    upload(page)
    expect(page.locator("#upload-report")).to_be_empty()
    assert sent == []
    choose(page, "copper.csv", table(good_rows()))
    upload(page)
    expect(page.locator("#upload-report")).to_contain_text("COPPER now has 80 days")
    assert len(sent) == 1


def test_a_file_that_changed_on_disk_is_chosen_again_by_the_same_path(page: Page, tmp_path: Path, shot: Shot) -> None:
    path = tmp_path / "copper.csv"
    path.write_text(table([*good_rows(), "2024-04-21,-7"]))
    page.get_by_role("button", name="Upload prices of your own").click()
    file = page.get_by_label("File", exact=True)
    file.set_input_files(path)
    page.get_by_label("Currency").fill("EUR")
    upload(page)
    expect(page.locator("#upload-report")).to_contain_text("1 row cannot be stored")
    path.write_text(table(good_rows()))
    upload(page)
    expect(file).to_have_accessible_description("The file has changed or cannot be read. Choose it again.")
    expect(file).to_be_focused()
    expect(page.locator("#upload-report")).to_be_empty()
    shot("upload-changed-file")
    with opening_picker(page) as chooser:
        page.keyboard.press("Enter")
    # A browser reports no change if the picker returns the path that the field has.
    expect(file).to_have_value("")
    chooser().set_files(path)
    expect(file).to_have_accessible_description(re.compile("^CSV or JSON"))
    expect(page.get_by_label("Ticker", exact=True)).to_have_value("COPPER")
    expect(page.get_by_label("Currency")).to_have_value("EUR")
    upload(page)
    expect(page.locator("#upload-report")).to_contain_text("COPPER now has 80 days")


def test_a_cancelled_picker_leaves_the_file_and_its_report(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "copper.csv"
    path.write_text(table([*good_rows(), "2024-04-21,-7"]))
    page.get_by_role("button", name="Upload prices of your own").click()
    file = page.get_by_label("File", exact=True)
    file.set_input_files(path)
    upload(page)
    expect(page.locator("#upload-report")).to_contain_text("1 row cannot be stored")
    for target in (file, page.locator("label[for=upload-file]")):
        # A headless browser cancels a picker that the test does not take.
        file.evaluate("(it) => it.addEventListener('cancel', () => (window.cancelled = true))")
        target.click()
        page.wait_for_function("() => window.cancelled")
        page.evaluate("() => delete window.cancelled")
        expect(file).to_have_value(re.compile("copper.csv$"))
        expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.locator("#upload-report")).to_contain_text("1 row cannot be stored")
    page.get_by_label("Leave out rows that cannot be stored").check()
    upload(page)
    expect(page.locator("#upload-report")).to_contain_text("COPPER now has 80 days")


def test_a_cancelled_picker_brings_back_no_file_after_a_drop_or_a_close(page: Page) -> None:
    page.evaluate(DROP, ["copper.csv", table(good_rows())])
    file = page.get_by_label("File", exact=True)
    with opening_picker(page):
        file.click()
    page.evaluate(DROP, ["zinc.csv", table(good_rows())])
    file.dispatch_event("cancel", {"bubbles": True})
    expect(file).to_have_value(re.compile("zinc.csv$"))
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Upload prices of your own").click()
    file.dispatch_event("cancel", {"bubbles": True})
    expect(file).to_have_value("")


def test_no_other_file_is_taken_while_one_is_uploaded(page: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/v1/prices/COPPER*", hold)
    page.evaluate(DROP, ["copper.csv", table(good_rows())])
    file = page.get_by_label("File", exact=True)
    with page.expect_request("**/api/v1/prices/COPPER*"):
        upload(page)
    expect(file).to_be_disabled()
    page.get_by_role("button", name="Close").click()
    page.evaluate(DROP, ["zinc.csv", table(good_rows())])
    expect(page.get_by_role("dialog")).to_contain_text(
        "The dropped file was not taken, because an upload was under way."
    )
    expect(page.get_by_label("Ticker", exact=True)).to_have_value("COPPER")
    held[0].continue_()
    expect(page.locator("#upload-report")).to_contain_text("COPPER now has 80 days")
    expect(file).to_be_enabled()
    page.evaluate(DROP, ["zinc.csv", table(good_rows())])
    expect(page.get_by_label("Ticker", exact=True)).to_have_value("ZINC")
    expect(file).to_have_accessible_description(re.compile("^CSV or JSON"))


def test_the_fields_are_disabled_while_a_file_is_uploaded_and_the_focus_returns(page: Page, shot: Shot) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/v1/prices/*", hold)
    page.evaluate(DROP, ["copper.csv", table(good_rows())])
    dialog = page.get_by_role("dialog", name="Upload prices of your own")
    page.get_by_text("How the file is read").click()
    fields = dialog.locator("input, select")
    currency = page.get_by_label("Currency", exact=True)
    with page.expect_request("**/api/v1/prices/COPPER*"):
        currency.press("Enter")
    expect(fields.and_(page.locator(":enabled"))).to_have_count(0)
    expect(page.get_by_role("button", name="Upload", exact=True)).to_be_focused()
    shot("upload-under-way")
    page.keyboard.press("Enter")
    held.pop().continue_()
    expect(page.locator("#upload-report")).to_contain_text("COPPER now has 80 days")
    assert held == []
    expect(fields.and_(page.locator(":disabled"))).to_have_count(0)
    expect(currency).to_be_focused()
    page.get_by_label("Ticker", exact=True).fill("A B")
    with page.expect_request("**/api/v1/prices/*"):
        currency.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Close")).to_be_focused()
    held.pop().abort()
    expect(page.locator("#upload-report")).to_contain_text("The server cannot be reached.")
    expect(page.get_by_role("button", name="Close")).to_be_focused()
    expect(fields.and_(page.locator(":disabled"))).to_have_count(0)
    page.unroute("**/api/v1/prices/*")
    upload(page)
    expect(page.get_by_label("Ticker", exact=True)).to_be_focused()


def test_a_series_of_a_source_is_not_replaced_and_a_wrong_ticker_is_explained(page: Page) -> None:
    page.evaluate(DROP, ["fund.csv", table(good_rows())])
    page.get_by_label("Ticker", exact=True).fill("A B")
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_label("Ticker", exact=True)).to_have_accessible_description(
        "This is not a valid ticker. A ticker has 1 to 24 letters, digits or . - = ^ & _ and begins with a letter, a "
        "digit or ^, such as AAPL or BRK-B."
    )
    page.get_by_label("Ticker", exact=True).fill("fund")
    page.get_by_label("Add or correct days").check()
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.locator("#upload-report")).to_contain_text("No prices of FUND are stored.")


def test_a_dialog_that_cannot_be_loaded_can_be_opened_later(page: Page) -> None:
    page.route("**/uploads/upload.html", lambda route: route.fulfill(content_type="text/html", body=""))
    page.get_by_role("button", name="Upload prices of your own").click()
    expect(page.locator("#foot")).to_contain_text("The upload could not be loaded. Try again.")
    page.unroute("**/uploads/upload.html")
    page.get_by_role("button", name="Upload prices of your own").click()
    expect(page.get_by_role("dialog", name="Upload prices of your own")).to_be_visible()
    expect(page.locator("#foot")).not_to_contain_text("could not be loaded")


def test_a_weekly_series_is_forecast_and_drawn_week_by_week(unopened: Page, stack: str) -> None:
    page = unopened
    start = date(2022, 1, 7)
    rows = [f"{start + timedelta(weeks=week)},{100 + week % 7 + week / 10}" for week in range(150)]
    stored = httpx.put(f"{stack}/api/v1/prices/FUND", content=table(rows).encode(), timeout=60)
    assert stored.status_code == 201, stored.text
    page.goto("/?ticker=FUND&days=28")
    expect(page.locator("#answer-title")).to_contain_text("FUND")
    expect(page.locator("#answer-notices")).to_contain_text("The prices are weekly and are forecast in steps of a week")
    last = start + timedelta(weeks=149)
    expect(page.locator("#answer-title")).to_contain_text(f"{(last + timedelta(weeks=4)).day} ")
    page.wait_for_function("() => document.getElementById('plot').naturalWidth >= 1000")
    keep_pictures(page, "weekly")
