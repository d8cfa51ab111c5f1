"""``python -m market --url http://…``: requests a forecast of every stored ticker over the web server's API.

A refused request is sent again later, so the replicas set the pace. The exit status is 0 if every ticker was forecast,
1 if one was not, and 2 after wrong usage.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

TRIES = 30
LONGEST_PAUSE_S = 30.0
TIMEOUT_S = 120.0
MOST_NAMED = 50
_LATER = {"busy", "rate_limited", "deadline_exceeded", "provider_unavailable", "unreachable"}

Ask = Callable[[str, bytes | None], Any]
"""Sends GET, or POST if there is a body, and returns the JSON of the response."""


class ForecastRefused(Exception):
    """A request ended without a forecast."""

    def __init__(self, code: str, retry_after_s: float) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after_s = retry_after_s


def main(arguments: Sequence[str] | None = None) -> int:
    """Forecast every stored ticker; return the exit status."""
    options = _parser().parse_args(arguments)
    ask = api_caller(options.url)
    began = time.monotonic()
    try:
        tickers = list(stored_tickers(ask))
    except ForecastRefused as refused:
        print(f"error: the tickers cannot be listed ({refused.code})", file=sys.stderr)
        return 1
    with ThreadPoolExecutor(options.at_once) as threads:
        ends = dict(zip(tickers, threads.map(lambda ticker: forecast(ask, ticker, options.days), tickers), strict=True))
    print(summary(ends, time.monotonic() - began))
    return 0 if all(end == "done" for end in ends.values()) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m market", description="Forecast every stored ticker.")
    parser.add_argument("--url", default="http://127.0.0.1:5000", help="the web server (default: %(default)s)")
    parser.add_argument("--days", type=int, default=30, help="calendar days ahead (default: %(default)s)")
    parser.add_argument("--at-once", type=int, default=16, help="number of concurrent requests (default: %(default)s)")
    return parser


def api_caller(url: str) -> Ask:
    """Return a function that calls the web server at ``url``, with the token in ``STOCKCAST_TOKEN`` if any."""
    token = os.environ.get("STOCKCAST_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}

    def ask(path: str, body: bytes | None = None) -> Any:
        try:
            with urlopen(Request(url + path, body, headers), timeout=TIMEOUT_S) as response:  # noqa: S310 - the operator's own URL
                return json.load(response)
        except HTTPError as exc:
            raise _refusal(exc) from exc
        except (URLError, OSError, http.client.HTTPException, ValueError) as exc:
            raise ForecastRefused("unreachable", 2.0) from exc

    return ask


def stored_tickers(ask: Ask) -> Iterator[str]:
    """Yield every stored ticker, page by page."""
    path = "/api/v1/tickers"
    while path:
        page = ask(path, None)
        yield from (entry["ticker"] for entry in page["tickers"])
        path = page["next"]


def forecast(ask: Ask, ticker: str, days: int, pause: Callable[[float], None] = time.sleep) -> str:
    """Request a forecast of one ticker; return ``done`` or the code of the failure."""
    body = json.dumps({"ticker": ticker, "days": days}).encode()
    code = "unreachable"
    for _ in range(TRIES):
        try:
            answer = ask("/api/v1/forecasts?fields=status", body)
        except ForecastRefused as refused:
            code = refused.code
            if code not in _LATER:
                break
            pause(min(refused.retry_after_s, LONGEST_PAUSE_S))
        else:
            if answer["status"] == "done":
                return "done"
            pause(1.0)  # a repeated question joins the unfinished request
    return code


def summary(ends: dict[str, str], seconds: float) -> str:
    """Return the first tickers that were not forecast, and the number of tickers by outcome."""
    failed = [f"{ticker:<15} {end}" for ticker, end in sorted(ends.items()) if end != "done"]
    counts = ", ".join(f"{count} {end}" for end, count in Counter(ends.values()).most_common())
    tickers = "1 ticker" if len(ends) == 1 else f"{len(ends)} tickers"
    return "\n".join([*failed[:MOST_NAMED], f"{tickers} in {seconds:.1f} s: {counts or 'nothing is stored'}"])


def _refusal(error: HTTPError) -> ForecastRefused:
    try:
        code = str(json.load(error)["code"])
    except (ValueError, KeyError, TypeError):
        code = f"http_{error.code}"
    after = error.headers.get("Retry-After", "")
    return ForecastRefused(code, float(after) if after.isdigit() else 1.0)
