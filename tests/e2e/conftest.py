"""The whole stack as `./run_app.sh` starts it, and a real browser in front of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal

import httpx
import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, expect, sync_playwright

from test_support.paths import ROOT
from test_support.stacks.run_app import UNLIMITED, RunningStack, running_stack
from tests.conftest import skip_or_fail

SCREENSHOTS = ROOT / "screenshots"
KEEPS_PICTURES = os.environ.get("CI") != "true"
"""Nobody looks at pictures in CI, and they cost as much as the checks beside them."""
DEADLINE_S = 200
"""Of a request: only what hangs takes longer, however busy the machine is."""
PATIENT = {"REQUEST_DEADLINE_S": str(DEADLINE_S)}
"""The setting of a stack whose first forecasts may take long, since all its processes have just started."""
NARROW: ViewportSize = {"width": 360, "height": 740}
WIDE: ViewportSize = {"width": 1280, "height": 900}
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",  # Chromium has no sandbox for root, which CI runs as
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]


# A busy machine may take a while to draw a chart; what is there at once is not waited for.
expect.set_options(timeout=100_000)


@pytest.fixture(scope="package")
def sample_stack() -> Iterator[RunningStack]:
    """A stack on the sample prices, which must stop cleanly at the end."""
    settings = {"PROVIDERS": "sample", "ALERT_HOSTS": "127.0.0.1"}
    # A fast machine makes more requests from one address than the usual limits allow.
    with running_stack(settings | PATIENT | UNLIMITED) as running:
        yield running


@pytest.fixture(scope="package")
def stack(sample_stack: RunningStack) -> str:
    """The URL of the stack on the sample prices."""
    return sample_stack.url


@dataclass
class Lists:
    """The watchlists of a stack, as its API has them."""

    client: httpx.Client

    def all(self) -> list[dict[str, Any]]:
        """Return the lists with their names and tickers."""
        found: list[dict[str, Any]] = self.client.get("/api/v1/watchlists").raise_for_status().json()["watchlists"]
        return found

    def tickers(self, name: str = "Watchlist") -> list[str]:
        """Return the stocks of a list; none if there is no such list."""
        return next((list(each["tickers"]) for each in self.all() if each["name"] == name), [])

    def stocks(self, name: str = "Watchlist") -> list[dict[str, Any]]:
        """Return the stocks of a list with their questions and notes."""
        found: list[dict[str, Any]] = self.client.get(self.address(name)).raise_for_status().json()["stocks"]
        return found

    def address(self, name: str = "Watchlist") -> str:
        """Return the address of a list, which is made if it is missing."""
        for each in self.all():
            if each["name"] == name:
                return str(each["url"])
        return str(self.client.post("/api/v1/watchlists", json={"name": name}).raise_for_status().json()["url"])

    def add(self, *tickers: str, name: str = "Watchlist", **question: Any) -> None:
        """Add stocks to a list."""
        address = self.address(name)
        for ticker in tickers:
            self.client.put(f"{address}/stocks/{ticker}", json=question).raise_for_status()

    def clear(self) -> None:
        """Delete all lists."""
        for each in self.all():
            self.client.delete(each["url"]).raise_for_status()


@pytest.fixture
def lists(stack: str) -> Iterator[Lists]:
    """The watchlists of the stack: none at the beginning of the test, and none after it."""
    with httpx.Client(base_url=stack, trust_env=False, timeout=60) as client:
        found = Lists(client)
        found.clear()
        yield found
        found.clear()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, where possible without its window: that takes a quarter less processor time.

    Not for the whole session: while it is open, Playwright's event loop counts as the running one, and asyncio tests
    of other packages would fail. Those of this package run their loop in a thread.
    """
    executable = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "google-chrome"))), None)
    if executable is None:
        skip_or_fail("no Chromium is installed (Debian: apt-get install chromium-headless-shell)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        yield opened
        opened.close()


LOST = ("ERR_INTERNET_DISCONNECTED", "net::ERR_FAILED")
"""What the browser logs of calls without a network, and of those that its service worker makes."""
WITHOUT_WORKER = "Service Worker registration blocked by Playwright"


@dataclass
class PageErrors:
    """The unexpected console messages and exceptions of a page."""

    found: list[str] = field(default_factory=list)

    def record(self, message: ConsoleMessage) -> None:
        """Record a console message. Failed calls are expected: the browser logs them, and the page shows them."""
        if message.text == WITHOUT_WORKER:
            return
        failed = message.text.startswith("Failed to load resource")
        expected = "/api/v1/" in message.location["url"] or any(lost in message.text for lost in LOST)
        if not (failed and expected):
            self.found.append(f"console {message.type}: {message.text} ({message.location['url']})")


WATCH = """
    window.watched = {stages: [], progress: [], announced: [], made: [], revoked: [], shift: 0, violations: []};
    document.addEventListener("securitypolicyviolation", (event) => {
      watched.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
    });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) watched.shift += entry.value;
    }).observe({type: "layout-shift", buffered: true});
    const make = URL.createObjectURL, revoke = URL.revokeObjectURL;
    URL.createObjectURL = (blob) => { const url = make.call(URL, blob); watched.made.push(url); return url; };
    URL.revokeObjectURL = (url) => { watched.revoked.push(url); revoke.call(URL, url); };
    document.addEventListener("DOMContentLoaded", () => {
      const note = (list, text) => text && text !== list.at(-1) && list.push(text);
      new MutationObserver(() => {
        if (!document.getElementById("waiting")) return;
        const shown = !document.getElementById("waiting").hidden;
        note(watched.stages, document.getElementById("waiting").dataset.stage);
        note(watched.progress, shown && document.getElementById("progress").value);
        note(watched.announced, document.getElementById("announcer").textContent);
      }).observe(document.body, {subtree: true, attributes: true, childList: true, characterData: true});
    });
"""


@contextmanager
def watched_page(browser: Browser, stack: str, **options: Any) -> Iterator[Page]:
    """Open a new page. At its end, check that it logged, threw and violated nothing."""
    # Routes of a test do not see what a service worker fetches.
    usual: dict[str, Any] = {
        "service_workers": "block",
        "viewport": WIDE,
        "reduced_motion": "reduce",
        "color_scheme": "light",
        "base_url": stack,
    }
    context = browser.new_context(**usual | options)
    opened, errors = context.new_page(), PageErrors()
    opened.set_default_timeout(100_000)
    opened.on("console", errors.record)
    opened.on("pageerror", lambda error: errors.found.append(f"thrown: {error}"))
    opened.add_init_script(WATCH)
    yield opened
    errors.found += opened.evaluate("watched.violations")
    context.close()
    assert errors.found == []


@pytest.fixture
def service_workers() -> str:
    """Whether a page may have a service worker: the tests that need one allow it."""
    return "block"


@pytest.fixture
def blank(browser: Browser, stack: str, service_workers: str) -> Iterator[Page]:
    """A watched page without an address."""
    with watched_page(browser, stack, service_workers=service_workers) as opened:
        yield opened


@pytest.fixture
def unopened(blank: Page) -> Page:
    """A page without an address, and without the interactive chart, whose script takes a while to load."""
    blank.route("**/chart-script.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
    return blank


@pytest.fixture
def page(unopened: Page) -> Page:
    """The open page without the interactive chart."""
    unopened.goto("/")
    return unopened


@pytest.fixture
def charted(blank: Page) -> Page:
    """The open page with the interactive chart."""
    blank.goto("/")
    return blank


def stop_clock(page: Page) -> None:
    """Stop the page's clock. From now on only the test moves it."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    page.clock.install(time=start)
    page.clock.pause_at(start + timedelta(hours=1))


def violations(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """Return axe's violations of WCAG 2.2 A and AA, or of some rules only."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE_FILE_PATH.read_text())
    found = page.evaluate(
        """async (rules) => {
            const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
            const runOnly = rules.length ? {type: "rule", values: rules} : {type: "tag", values: tags};
            const {violations} = await axe.run(document, {runOnly, resultTypes: ["violations"]});
            const describe = ({html, failureSummary}) => `${html.slice(0, 160)} ${failureSummary}`;
            return violations.map(({id, nodes}) => `${id}: ${nodes.map(describe).join("; ").slice(0, 900)}`);
        }""",
        list(rules),
    )
    return list(found)


Shot = Callable[[str], None]
Scheme = Literal["light", "dark"]
LOOKS: tuple[tuple[Scheme, ViewportSize], ...] = (("light", WIDE), ("dark", NARROW))
OF_A_LOOK = ("color-contrast", "link-in-text-block", "target-size")
"""The rules of axe whose outcome depends on colours and sizes."""


@pytest.fixture
def shot(blank: Page) -> Shot:
    """Take pictures of the page's state for people to look at, light and wide, dark and narrow; axe finds nothing."""
    return partial(take_pictures, blank)


def take_pictures(page: Page, name: str) -> None:
    """Take pictures of a page's state, light and wide, dark and narrow; axe finds nothing."""
    for rules, (scheme, size) in zip(((), OF_A_LOOK), LOOKS, strict=True):
        look(page, scheme, size)
        keep_picture(page, f"{name}-{size['width']}-{scheme}")
        assert violations(page, rules) == [], f"{name}, {scheme}"
    look(page, *LOOKS[0])


def keep_pictures(page: Page, name: str) -> None:
    """Keep pictures, as take_pictures does, of a state that has the same parts as another, which axe has seen."""
    if KEEPS_PICTURES:
        for scheme, size in (*LOOKS, LOOKS[0]):
            look(page, scheme, size)
            keep_picture(page, f"{name}-{size['width']}-{scheme}")


def look(page: Page, scheme: Scheme, size: ViewportSize) -> None:
    """Give the page a colour scheme and a size."""
    page.emulate_media(color_scheme=scheme)
    fit(page, size)


def keep_picture(page: Page, name: str, *, full_page: bool = True) -> None:
    """Keep a picture for people to look at, outside CI."""
    if KEEPS_PICTURES:
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=full_page, animations="disabled")


def fit(page: Page, size: ViewportSize) -> None:
    """Give the page a size, and its charts the moment that they take to fit it."""
    page.set_viewport_size(size)
    page.wait_for_function(
        """() => [...document.querySelectorAll(".js-plotly-plot")].every((chart) => {
            const room = chart.getBoundingClientRect();
            const {width, height} = chart._fullLayout;
            return !room.width || Math.abs(width - room.width) + Math.abs(height - room.height) < 2;
        })"""
    )
