"""Takes the screenshots of the page, with a Chromium."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

IMAGES = Path(__file__).parents[1] / "images"
QUESTION = "ticker=AAPL&days=30"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_BROWSERS = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome")


class NoBrowser(Exception):
    """No Chromium is installed."""


def browser_path() -> str:
    """Return the path of an installed Chromium.

    Raises:
        NoBrowser: There is none.
    """
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        raise NoBrowser
    return found


def take_screenshots(url: str) -> None:
    """Write ``page-light.png`` and ``page-dark.png``."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox", "--disable-gpu"])
        for scheme in SCHEMES:
            _take(browser, url, scheme)
        browser.close()


def _take(browser: Browser, url: str, scheme: Literal["light", "dark"]) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1100, "height": 1400}, locale="en-GB")
    page = context.new_page()
    page.goto(f"{url}/?{QUESTION}")
    page.locator("#chart .main-svg").first.wait_for(timeout=120_000)
    page.screenshot(path=IMAGES / f"page-{scheme}.png", animations="disabled")
    context.close()
