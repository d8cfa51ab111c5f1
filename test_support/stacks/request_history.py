"""A record of all requests and answers, and its check for contradictions, as Jepsen does it.

Every accepted id must have one terminal record, the same at every reading. A result must be of the requested ticker
and horizon. No answer may contain a traceback.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from test_support.sources.price_source import last_close_of
from test_support.stacks.service_processes import Parts, stack_client

ENDS = {"done", "failed", "cancelled"}
REFUSED_BEFORE_ACCEPTANCE = {"invalid_ticker", "invalid_days", "invalid_request", "rate_limited"}


@dataclass
class HistoryEntry:
    """One request: its question, whether it was accepted, and every end and contradiction that an answer showed."""

    ticker: str
    days: int
    accepted: bool = False
    ends: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class FinishedForecast:
    """A finished forecast as a client sees it: its stock, horizon and version of the prices."""

    ticker: str
    days: int
    prices_version: str


class RequestHistory:
    """The requests of all clients, by id. Many threads may use it."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._asked: dict[str, HistoryEntry] = {}
        self._lock = threading.Lock()
        self.tracebacks: list[str] = []

    def ask(self, ticker: str, days: int, request_id: str | None = None, **fields: Any) -> tuple[str, httpx.Response]:
        """Ask for a forecast under this id or a new one. Return the id and the first answer."""
        request_id = request_id or str(uuid4())
        with self._lock:
            self._asked.setdefault(request_id, HistoryEntry(ticker, days))
        headers = {"Prefer": fields.pop("prefer")} if "prefer" in fields else {}
        body = {"ticker": ticker, "days": days, "request_id": request_id} | fields
        answer = self._client.post("/api/v1/forecasts", json=body, headers=headers)
        self.record(request_id, answer)
        return request_id, answer

    def read(self, request_id: str) -> httpx.Response:
        """Read a request's record from the API."""
        answer = self._client.get(f"/api/v1/forecasts/{request_id}")
        self.record(request_id, answer)
        return answer

    def end_of(self, request_id: str, within_s: float = 90.0) -> dict[str, Any]:
        """Poll until the request has ended, also while the web server cannot be reached. Return its last answer."""
        give_up = time.monotonic() + within_s
        while time.monotonic() < give_up:
            try:
                answer = self.read(request_id)
            except httpx.TransportError:
                time.sleep(0.1)
                continue
            if _end(answer):
                body: dict[str, Any] = answer.json()
                return body
            time.sleep(0.05)
        raise AssertionError(f"{request_id} had no end within {within_s} s: {self._asked[request_id]}")

    def record(self, request_id: str, answer: httpx.Response) -> None:
        """Record an answer."""
        with self._lock:
            asked = self._asked[request_id]
            if "Traceback" in answer.text:
                self.tracebacks.append(answer.text[:300])
            body = answer.json()
            if body.get("request_id") == request_id:
                asked.accepted = True
            if end := _end(answer):
                asked.ends.add(end)
            if body.get("status") == "done":
                asked.wrong += _contradictions(asked, request_id, body)

    def summary(self, within_s: float = 90.0) -> dict[str, Any]:
        """Wait for the end of every accepted request, read each once more, and count ends and contradictions."""
        accepted = {request_id: asked for request_id, asked in self._asked.items() if asked.accepted}
        lost = []
        for request_id in accepted:
            try:
                self.end_of(request_id, within_s)
            except AssertionError:
                lost.append(request_id)
        for request_id in accepted:
            self.read(request_id)
        ends = Counter(end.split()[0] for asked in accepted.values() for end in asked.ends)
        return {
            "asked": len(self._asked),
            "accepted": len(accepted),
            "done": ends.pop("done", 0),
            "failed": dict(sorted(ends.items())),
            "lost": len(lost),
            "wrong": sum(bool(asked.wrong) for asked in accepted.values()),
            "double": sum(len(asked.ends) > 1 for asked in accepted.values()),
            "tracebacks": len(self.tracebacks),
        }

    def check(self) -> dict[str, Any]:
        """Return the counts.

        Raises:
            AssertionError: a request was lost, wrong or double, or an answer contained a traceback.
        """
        summary = self.summary()
        bad = {name: summary[name] for name in ("lost", "wrong", "double", "tracebacks")}
        assert not any(bad.values()), (bad, self.violations(), self.tracebacks)
        return summary

    def ends(self) -> dict[str, str]:
        """Return the end of each request that has one, by id."""
        return {request_id: min(asked.ends) for request_id, asked in self._asked.items() if asked.ends}

    def look_up(self, request_id: str) -> str | None:
        """Return the end that this client's web server shows for a request of any client."""
        return _end(self._client.get(f"/api/v1/forecasts/{request_id}"))

    def finished(self) -> set[FinishedForecast]:
        """Return the forecasts that clients received."""
        ends = [(asked, end.split()) for asked in self._asked.values() for end in asked.ends]
        return {FinishedForecast(asked.ticker, asked.days, end[2]) for asked, end in ends if end[0] == "done"}

    def violations(self) -> list[tuple[str, HistoryEntry]]:
        """Return the accepted requests that are wrong, have several ends, or have none."""
        return [
            (request_id, asked)
            for request_id, asked in self._asked.items()
            if asked.accepted and (asked.wrong or len(asked.ends) != 1)
        ]


def _end(answer: httpx.Response) -> str | None:
    """Return the end that an answer shows: `done` with its price and version, or an error code. None without an end."""
    body = answer.json()
    if answer.status_code == 200 and body.get("status") == "done":
        return f"done {body['predicted_price']} {body['data']['version']}"
    # A problem with an id describes the record. One without an id describes this answer alone.
    if answer.status_code >= 400 and "request_id" in body:
        return str(body["code"])
    return None


def _contradictions(asked: HistoryEntry, request_id: str, body: dict[str, Any]) -> list[str]:
    wrong = []
    if (body["ticker"], body["days"]) != (asked.ticker, asked.days):
        wrong.append(f"{body['ticker']} {body['days']} answered to {asked.ticker} {asked.days}")
    if body["plot_url"] != f"/api/v1/forecasts/{request_id}/plot.png":
        wrong.append(f"plot {body['plot_url']}")
    if abs(body["last_close"] / last_close_of(asked.ticker) - 1) > 1e-4:
        wrong.append(f"last close {body['last_close']}, of another ticker than {asked.ticker}")
    return wrong


@contextmanager
def checked_history(parts: Parts) -> Iterator[RequestHistory]:
    """Yield the requests and answers of a test; remove all faults and check them at its end."""
    with stack_client(parts) as client:
        history = RequestHistory(client)
        yield history
        parts.recover()
        history.check()
