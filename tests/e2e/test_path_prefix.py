"""The page and the API's description below the path of a proxy that replaces the host."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from test_support.network.http_server import serving

PREFIX = "/stocks"


@contextmanager
def proxy_below_a_path(port: int | None) -> Iterator[tuple[str, list[str]]]:
    """Forward requests for ``/stocks/…`` without the prefix; yield the address, and the paths of other requests."""
    strays: list[str] = []

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not self.path.startswith(f"{PREFIX}/"):
                strays.append(self.path)
                self.send_error(404)
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = dict(self.headers.items()) | {"Host": f"127.0.0.1:{port}", "X-Forwarded-Prefix": PREFIX}
            upstream = HTTPConnection("127.0.0.1", port, timeout=250)
            upstream.request(self.command, self.path.removeprefix(PREFIX), body, headers)
            answer = upstream.getresponse()
            content = answer.read()
            upstream.close()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in {"connection", "transfer-encoding", "content-length"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    with serving(server):
        yield f"http://127.0.0.1:{server.server_port}{PREFIX}/", strays


@pytest.fixture
def proxied(stack: str) -> Iterator[tuple[str, list[str]]]:
    """Start a proxy in front of the running stack."""
    with proxy_below_a_path(urlsplit(stack).port) as found:
        yield found


def test_forecast_works_below_a_path(browser, proxied):
    url, strays = proxied
    page = browser.new_page()
    page.goto(f"{url}?ticker=AAPL&days=30")
    expect(page.get_by_role("tab", name="Forecast")).to_be_visible()
    expect(page.locator(".main-svg").first).to_be_visible()
    page.get_by_role("tab", name="Data").click()
    expect(page.get_by_role("link", name="CSV").first).to_be_visible()
    page.close()
    assert strays in ([], ["/favicon.ico"])


def test_api_description_works_below_a_path(browser, proxied):
    url, strays = proxied
    page = browser.new_page()
    page.goto(f"{url}api/docs")
    expect(page.get_by_text("/api/v1/forecasts", exact=True).first).to_be_visible()
    page.close()
    assert strays in ([], ["/favicon.ico"])
