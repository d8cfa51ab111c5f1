"""What clients were told, and whether it can be true, in the manner of Jepsen.

Each client writes down what it asked and what it was answered. At the end every accepted id must have one terminal
record, the same whenever it is read; a result must be of the ticker and horizon asked; nothing is a traceback.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from test_support.sources.price_source import last_close_of

ENDS = {"done", "failed", "cancelled"}
REFUSED_BEFORE_ACCEPTANCE = {"invalid_ticker", "invalid_days", "invalid_request", "rate_limited"}


@dataclass
class HistoryEntry:
    """One request: what was asked, whether it was accepted, and every end that anybody was shown."""

    ticker: str
    days: int
    accepted: bool = False
    ends: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)


class RequestHistory:
    """The requests of all clients, by id. Safe to use from many threads."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._asked: dict[str, HistoryEntry] = {}
        self._lock = threading.Lock()
        self.tracebacks: list[str] = []

    def ask(self, ticker: str, days: int, request_id: str | None = None, **fields: Any) -> tuple[str, httpx.Response]:
        """Ask for a forecast under an id of our own; return the id and the first answer."""
        request_id = request_id or str(uuid4())
        with self._lock:
            self._asked.setdefault(request_id, HistoryEntry(ticker, days))
        headers = {"Prefer": fields.pop("prefer")} if "prefer" in fields else {}
        body = {"ticker": ticker, "days": days, "request_id": request_id} | fields
        answer = self._client.post("/api/v1/forecasts", json=body, headers=headers)
        self.note(request_id, answer)
        return request_id, answer

    def look(self, request_id: str) -> httpx.Response:
        """Read a record."""
        answer = self._client.get(f"/api/v1/forecasts/{request_id}")
        self.note(request_id, answer)
        return answer

    def end_of(self, request_id: str, within_s: float = 90.0) -> dict[str, Any]:
        """Poll until the end; a part that is away for a moment is waited for."""
        give_up = time.monotonic() + within_s
        while time.monotonic() < give_up:
            try:
                answer = self.look(request_id)
            except httpx.TransportError:
                time.sleep(0.1)
                continue
            if _end(answer):
                said: dict[str, Any] = answer.json()
                return said
            time.sleep(0.05)
        raise AssertionError(f"{request_id} had no end within {within_s} s: {self._asked[request_id]}")

    def note(self, request_id: str, answer: httpx.Response) -> None:
        """Write down what was answered."""
        with self._lock:
            asked = self._asked[request_id]
            if "Traceback" in answer.text:
                self.tracebacks.append(answer.text[:300])
            said = answer.json()
            if said.get("request_id") == request_id:
                asked.accepted = True
            if end := _end(answer):
                asked.ends.add(end)
            if said.get("status") == "done":
                asked.wrong += _wrong(asked, request_id, said)

    def verdict(self, within_s: float = 90.0) -> dict[str, Any]:
        """Read everything to its end, twice, and count what must not be."""
        accepted = {request_id: asked for request_id, asked in self._asked.items() if asked.accepted}
        lost = []
        for request_id in accepted:
            try:
                self.end_of(request_id, within_s)
            except AssertionError:
                lost.append(request_id)
        for request_id in accepted:
            self.look(request_id)
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
        """Raise where something was lost, wrong, double or a traceback; return the counts."""
        verdict = self.verdict()
        bad = {name: verdict[name] for name in ("lost", "wrong", "double", "tracebacks")}
        assert not any(bad.values()), (bad, self.explain(), self.tracebacks)
        return verdict

    def explain(self) -> list[tuple[str, HistoryEntry]]:
        """What is wrong or double, or never ended."""
        return [
            (request_id, asked)
            for request_id, asked in self._asked.items()
            if asked.accepted and (asked.wrong or len(asked.ends) != 1)
        ]


def _end(answer: httpx.Response) -> str | None:
    """The terminal record that an answer shows, or None: `done` and its version and price, or a code of failure."""
    said = answer.json()
    if answer.status_code == 200 and said.get("status") == "done":
        return f"done {said['predicted_price']} {said['data']['version']}"
    # A problem with the id in it is the record's; without, it is of this answer alone.
    if answer.status_code >= 400 and "request_id" in said:
        return str(said["code"])
    return None


def _wrong(asked: HistoryEntry, request_id: str, said: dict[str, Any]) -> list[str]:
    wrong = []
    if (said["ticker"], said["days"]) != (asked.ticker, asked.days):
        wrong.append(f"{said['ticker']} {said['days']} answered to {asked.ticker} {asked.days}")
    if said["plot_url"] != f"/api/v1/forecasts/{request_id}/plot.png":
        wrong.append(f"picture {said['plot_url']}")
    if abs(said["last_close"] / last_close_of(asked.ticker) - 1) > 1e-4:
        wrong.append(f"last close {said['last_close']}, of another ticker than {asked.ticker}")
    return wrong
