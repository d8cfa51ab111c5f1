"""Reports from the page: their downloads, their progress, and the pages that a browser prints."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.e2e.conftest import Lists, keep_picture
from tests.e2e.test_page import expect_answer, finished, worded

__all__ = ["finished"]  # a fixture

FORMATS: tuple[Literal["A4", "Letter"], ...] = ("A4", "Letter")


def saved(page: Page, link: str) -> bytes:
    """Save the document behind a link, as a browser without a viewer does."""
    with page.expect_download() as started:
        page.locator(link).evaluate("(link) => Object.assign(link.cloneNode(), {download: '', target: ''}).click()")
    return Path(started.value.path()).read_bytes()


def check_printed(page: Page, link: str, pages: int) -> None:
    """Open the page to print, twice: it loads nothing else, and has as many printed pages on each paper."""
    with page.expect_popup() as opened:
        page.locator(link).click()
    address = opened.value.url
    opened.value.close()
    printed = page.context.new_page()
    loaded: list[str] = []
    printed.on("request", lambda request: loaded.append(request.url))
    printed.goto(address)
    expect(printed.get_by_role("heading", level=1).first).to_be_visible()
    assert loaded == [printed.url]
    for paper in FORMATS:
        pdf = printed.pdf(format=paper)
        assert len(PdfReader(BytesIO(pdf)).pages) == pages, paper
    keep_picture(printed, f"report-{pages}-pages")
    printed.close()


def test_a_forecast_has_a_report_to_save_and_to_print(unopened: Page) -> None:
    page = unopened
    page.goto("/?ticker=AAPL&days=30")
    expect_answer(page, "AAPL")
    pdf = saved(page, "#report-pdf")
    assert len(PdfReader(BytesIO(pdf)).pages) == 2
    assert b"<!DOCTYPE html>" in saved(page, "#report-html")
    check_printed(page, "#report-html", pages=2)


@pytest.mark.usefixtures("finished")
def test_a_list_has_one_report_which_shows_its_progress(unopened: Page, lists: Lists) -> None:
    page = unopened
    lists.add("AAPL", "IBM", days=30)
    page.goto("/")
    page.evaluate(
        """() => {
            window.steps = [];
            const news = document.getElementById("watchlist-news");
            new MutationObserver(() => steps.push(news.textContent)).observe(news, {childList: true, subtree: true});
        }"""
    )
    page.get_by_role("button", name="Report", exact=True).click()
    expect(page.locator("#watchlist-news")).to_have_text(worded("The report of Watchlist is ready."))
    steps = page.evaluate("steps")
    assert [step for step in steps if step.startswith("Forecasting")] == [
        "Forecasting AAPL, stock 1 of 2",
        "Forecasting IBM, stock 2 of 2",
    ]
    assert len(PdfReader(BytesIO(saved(page, "#list-report-pdf"))).pages) == 5
    check_printed(page, "#list-report-html", pages=5)
