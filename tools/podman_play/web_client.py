"""Calls of the played web server, by its address and the name of its Service."""

from __future__ import annotations

import json
import time
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

_PAUSE_S = 0.5
ENDS = {"done", "deadline_exceeded"}
"""How an accepted request may end. A busy machine may need more than the deadline."""


class WebClient:
    """A client of the API.

    Args:
        address: of the web server's pod.
    """

    def __init__(self, address: str) -> None:
        self._address = address

    def call(self, path: str, body: dict[str, Any] | None = None, prefer: str = "") -> tuple[int, dict[str, Any]]:
        """Return status and body of an answer, also of a refusal."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Host": "webserver", "Content-Type": "application/json", "Prefer": prefer}
        request = Request(f"http://{self._address}:5000/api/v1/{path}", data, headers)
        try:
            with urlopen(request, timeout=90) as answer:  # noqa: S310
                return answer.status, json.load(answer)
        except HTTPError as refusal:
            with refusal:
                return refusal.code, json.load(refusal)

    def forecast(self, ticker: str, days: int) -> dict[str, Any]:
        """Return a forecast that is done."""
        status, answer = self.call("forecasts", {"ticker": ticker, "days": days})
        if status != HTTPStatus.OK or answer["status"] != "done":
            raise AssertionError(f"no forecast of {ticker}: {status} {answer}")
        return answer

    def submit(self, ticker: str, days: int) -> tuple[int, str]:
        """Return the status of a request that is not waited for, and its id or the reason of the refusal."""
        status, answer = self.call("forecasts", {"ticker": ticker, "days": days}, "respond-async")
        return status, answer["request_id"] if status < HTTPStatus.BAD_REQUEST else answer["code"]

    def wait_for_end(self, number: str, timeout_s: float) -> str:
        """Return how a request ended, or the last state or refusal if it did not."""
        deadline = time.monotonic() + timeout_s
        state = "unknown"
        while state not in ENDS and time.monotonic() < deadline:
            status, answer = self.call(f"forecasts/{number}")
            state = answer["status"] if status < HTTPStatus.BAD_REQUEST else answer["code"]
            time.sleep(_PAUSE_S)
        return state
