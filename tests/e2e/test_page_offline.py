"""The installed page: without a network, with what another app shares, and its chart in the frames of other sites."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from test_support.network.http_server import serving
from tests.e2e.conftest import keep_picture
from tests.e2e.test_page import expect_answer, worded

CACHED = """async () => {
    const names = await caches.keys();
    return (await Promise.all(names.map(async (name) => (await caches.open(name)).keys()))).flat().length;
}"""

KEPT_ANSWERS = """async () => {
    const names = (await caches.keys()).filter((name) => name.includes("answers"));
    return (await Promise.all(names.map(async (name) => (await caches.open(name)).keys()))).flat().length;
}"""

ONLINE = 'Object.defineProperty(Navigator.prototype, "onLine", {get: () => localStorage.getItem("away") === null});'
"""Chromium's emulation does not reach this property of a page that comes from a service worker."""


def set_away(page: Page, *, is_away: bool) -> None:
    """Take the network away from a page, or give it back."""
    page.context.set_offline(is_away)
    change = "setItem('away', '')" if is_away else "removeItem('away')"
    page.evaluate(f"localStorage.{change}")
    page.evaluate("(name) => dispatchEvent(new Event(name))", "offline" if is_away else "online")


@pytest.fixture
def service_workers() -> str:
    """Allow them."""
    return "allow"


def test_a_reload_without_a_network_shows_the_last_answer_with_its_age(blank: Page) -> None:
    page = blank
    page.add_init_script(ONLINE)
    page.goto("/?ticker=AAPL&days=30")
    expect_answer(page, "AAPL")
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    page.wait_for_function(f"({CACHED})().then((count) => count > 60)")
    page.wait_for_function(f"({KEPT_ANSWERS})().then((count) => count === 1)")  # it is shown before it is kept
    manifest = page.context.new_cdp_session(page).send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["manifest"]["scope"] == page.evaluate("new URL('/', location).href")
    set_away(page, is_away=True)
    page.reload()
    expect_answer(page, "AAPL")
    expect(page.locator("#alert")).to_contain_text(worded(r"Answer of \d+ \w+ \d\d:\d\d: you are offline\."))
    expect(page.locator("#offline")).to_contain_text("You are offline.")
    keep_picture(page, "offline")
    page.goto("/?ticker=MSFT&days=30")
    expect(page.locator("#alert")).to_contain_text("The server cannot be reached.")
    page.goto("/?ticker=AAPL&days=30")
    expect(page.locator("#alert")).to_contain_text("you are offline")
    set_away(page, is_away=False)
    expect(page.locator("#alert")).to_be_empty()
    expect_answer(page, "AAPL")
    page.evaluate("import('/static/page/browser_storage.js').then((storage) => storage.forgetAnswers())")
    assert page.evaluate("caches.keys().then((names) => names.filter((name) => name.includes('answers')))") == []


def test_a_shared_headline_asks_about_its_stock(blank: Page) -> None:
    page = blank
    page.goto(f"/?shared_title=News&shared_text={quote('International Business Machines (NYSE: IBM) rose')}")
    expect_answer(page, "IBM")
    assert page.evaluate("location.search") == "?ticker=IBM&days=30"
    page.goto(f"/?shared_text={quote('<img src=x onerror=alert(1)>')}")
    expect(page.get_by_role("combobox", name="Ticker or company")).to_have_value("<img src=x onerror=alert(1)>")
    expect(page.locator("#answer")).to_be_hidden()
    assert page.evaluate("location.search") == ""


@pytest.fixture
def other_site(stack: str) -> Iterator[str]:
    """The address of another site, whose page has two frames."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            frames = [("chart", "embed/AAPL?days=30&theme=dark"), ("page", "")]
            body = "".join(f'<iframe name="{name}" src="{stack}/{path}" width="600"></iframe>' for name, path in frames)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'{body}<img src="{stack}/badge/AAPL.svg">'.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with serving(server):
        yield f"http://localhost:{server.server_port}/"


def test_other_sites_may_frame_the_chart_and_not_the_page(browser, other_site: str) -> None:
    page = browser.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(other_site)
    chart = page.frame_locator("iframe[name=chart]")
    expect(chart.get_by_role("heading")).to_have_text(worded(r"^AAPL: .* to .* USD$"))
    expect(chart.locator("svg.chart polyline")).to_have_count(2)
    expect(chart.get_by_role("link", name="Open in Stockcast")).to_have_attribute("href", "../?ticker=AAPL&days=30")
    page.wait_for_function("document.images[0].naturalWidth > 100")
    expect(page.frame_locator("iframe[name=page]").locator("#question")).to_have_count(0)
    assert any("frame-ancestors 'none'" in text for text in refused), refused
    keep_picture(page, "embed")
    page.close()
