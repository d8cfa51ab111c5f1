"""The whole stack as `./run_app.sh` starts it, and a real browser in front of it."""

from __future__ import annotations

import os
import queue
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, sync_playwright

from local_stack.ports import ports_of
from tests.conftest import skip_or_fail

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "screenshots"
READY_WITHIN_S = 300.0
STOPPED_WITHIN_S = 10.0
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


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a stack of its own on the sample prices; it must stop cleanly at the end."""
    errors = tmp_path_factory.mktemp("stack") / "stderr"
    environment = os.environ | {"PORT": str(quiet_port()), "PROVIDERS": "sample"}
    with (
        errors.open("wb") as stderr,
        subprocess.Popen(
            ["./run_app.sh"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=stderr, start_new_session=True
        ) as app,
    ):
        assert app.stdout is not None
        try:
            yield ready_url(app.stdout, errors)
            app.terminate()
            assert app.wait(STOPPED_WITHIN_S) == 0, errors.read_text(errors="replace")[-2000:]
        finally:
            kill_group(app)


def quiet_port() -> int:
    """Return a port that is free together with the inner ports which the stack derives from it."""
    for port in random.sample(range(5_100, 9_900), 50):
        if not any(answers(inner) for inner in ports_of(port).all()):
            return port
    pytest.fail("no free ports were found for a stack")


def answers(port: int) -> bool:
    """Whether somebody listens on ``port``."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ready_url(output: IO[bytes], errors: Path) -> str:
    """Return the URL of the line `ready http://…`, and go on reading so that the stack never blocks on its output."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read() -> None:
        for line in output:
            lines.put(line.decode(errors="replace").strip())
        lines.put("")

    threading.Thread(target=read, daemon=True).start()
    give_up = time.monotonic() + READY_WITHIN_S
    while (left := give_up - time.monotonic()) > 0:
        try:
            line = lines.get(timeout=left)
        except queue.Empty:
            break
        if line.startswith("ready http"):
            return line.split()[1].rstrip("/")
        if not line:
            break
    pytest.fail(f"the stack did not get ready: {errors.read_text(errors='replace')[-2000:]}")


def kill_group(app: subprocess.Popen[bytes]) -> None:
    """Leave nothing behind where the clean stop failed."""
    if app.poll() is None:
        os.killpg(app.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium.

    Not for the whole session: while it is open, Playwright's event loop counts as the running one, and asyncio tests
    of other modules would fail.
    """
    executable = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if executable is None:
        skip_or_fail("no Chromium is installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        yield opened
        opened.close()


@dataclass
class Troubles:
    """What a page complained about that no test expects."""

    found: list[str] = field(default_factory=list)

    def hear(self, message: ConsoleMessage) -> None:
        """Note a console message; that an API call failed is said by the browser itself, and shown by the page."""
        failed_call = message.text.startswith("Failed to load resource") and "/api/v1/" in message.location["url"]
        if not failed_call:
            self.found.append(f"console {message.type}: {message.text} ({message.location['url']})")


WATCH = """
    window.watched = {stages: [], announced: [], made: [], revoked: [], shift: 0, violations: []};
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
      new MutationObserver(() => {
        const stage = document.getElementById("waiting").dataset.stage;
        const words = document.getElementById("announcer").textContent;
        if (stage && stage !== watched.stages.at(-1)) watched.stages.push(stage);
        if (words && words !== watched.announced.at(-1)) watched.announced.push(words);
      }).observe(document.body, {subtree: true, attributes: true, childList: true, characterData: true});
    });
"""


@pytest.fixture
def page(browser: Browser, stack: str) -> Iterator[Page]:
    """The page, opened; at the end its console is empty, nothing was thrown, and no policy was violated."""
    context = browser.new_context(viewport=WIDE, reduced_motion="reduce", color_scheme="light", base_url=stack)
    opened, troubles = context.new_page(), Troubles()
    opened.set_default_timeout(30_000)
    opened.on("console", troubles.hear)
    opened.on("pageerror", lambda error: troubles.found.append(f"thrown: {error}"))
    opened.add_init_script(WATCH)
    opened.goto("/")
    yield opened
    troubles.found += opened.evaluate("watched.violations")
    context.close()
    assert troubles.found == []


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 A and AA."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE_FILE_PATH.read_text())
    found = page.evaluate(
        """async () => {
            const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
            const {violations} = await axe.run(document, {runOnly: {type: "tag", values: tags}});
            const said = ({html, failureSummary}) => `${html.slice(0, 160)} ${failureSummary}`;
            return violations.map(({id, nodes}) => `${id}: ${nodes.map(said).join("; ").slice(0, 900)}`);
        }"""
    )
    return list(found)


@pytest.fixture
def shot(page: Page) -> Callable[[str], None]:
    """Take pictures of the page's state for people to look at, narrow and wide, light and dark; axe finds nothing."""

    def take(name: str) -> None:
        SCREENSHOTS.mkdir(exist_ok=True)
        for scheme in ("light", "dark"):
            for size in (NARROW, WIDE):
                look: Any = {"color_scheme": scheme}
                page.emulate_media(**look)
                page.set_viewport_size(size)
                page.wait_for_timeout(120)  # a chart takes a moment to fit a new size
                path = SCREENSHOTS / f"{name}-{size['width']}-{scheme}.png"
                page.screenshot(path=path, full_page=True, animations="disabled")
            assert violations(page) == [], f"{name}, {scheme}"

    return take
