"""Sends the documented calls to a stack, and writes each answer as a page shows it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

from docs.generate.calls import CALLS, Call

EXAMPLES = Path(__file__).parents[1] / "examples"
_SHOWN_HEADERS = ("Content-Type", "Location", "ETag", "Cache-Control", "Preference-Applied", "Retry-After")
_SHOWN_ITEMS = 2
_LONG_TEXT = 400
_GIVE_UP_S = 120.0
_TIMES = re.compile(r"20[2-9]\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(Z|\+00:00)")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ETAG = re.compile(r'"[0-9a-f]{32}"')


@dataclass(frozen=True)
class DocumentedAnswer:
    """A documented call with its answer, as text."""

    name: str
    curl: str
    text: str

    def files(self) -> dict[Path, str]:
        """Return the content of the two files that the pages include."""
        return {EXAMPLES / f"{self.name}.sh": self.curl + "\n", EXAMPLES / f"{self.name}.http": self.text + "\n"}


class StatusNotReached(Exception):
    """A repeated call did not return the expected status."""


def ask_all(url: str) -> Iterator[DocumentedAnswer]:
    """Send each documented call to the stack at ``url``, which must be a new one."""
    ids: dict[str, str] = {}
    names = StableIds()
    with httpx.Client(base_url=url, timeout=_GIVE_UP_S, trust_env=False) as client:
        for call in CALLS:
            path = call.path.format_map(ids)
            response = _send(client, call, path)
            ids |= _id_of(call, response)
            yield DocumentedAnswer(call.name, names.replace(call.as_curl(path)), names.replace(_as_text(response)))


class StableIds:
    """Replaces ids, times and tags by ones that are the same in each run."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def replace(self, text: str) -> str:
        """Return the text with the stable ids, times and tags."""
        text = _TIMES.sub(lambda found: f"2026-11-27T21:30:00{found[1]}", text)
        text = _ETAG.sub('"1a0f96dd0a19a87d4e3be997321f353b"', text)
        return _UUID.sub(lambda found: self._name(found[0]), text)

    def _name(self, found: str) -> str:
        if found.startswith(("00000000", "0f8fad5b")):
            return found
        number = len(self._names) + 1
        return self._names.setdefault(found, f"7d1e8c3a-52b4-4f6e-9a1b-{number:012x}")


def _send(client: httpx.Client, call: Call, path: str) -> httpx.Response:
    give_up = time.monotonic() + _GIVE_UP_S
    while True:
        response = client.request(call.method, path, json=call.body, headers=dict(call.headers))
        if call.until is None or response.json().get("status") == call.until:
            return response
        if time.monotonic() > give_up:
            raise StatusNotReached(f"{call.name}: {response.text[:200]}")
        time.sleep(0.1)


def _id_of(call: Call, response: httpx.Response) -> Mapping[str, str]:
    if response.status_code not in {HTTPStatus.ACCEPTED, HTTPStatus.CREATED}:
        return {}
    document = response.json()
    found = [document[name] for name in ("batch_id", "request_id", "id") if name in document]
    return {call.name: found[0]} if found else {}


def _as_text(response: httpx.Response) -> str:
    lines = [f"HTTP/1.1 {response.status_code} {HTTPStatus(response.status_code).phrase}"]
    names = [name for name in (*_SHOWN_HEADERS, *_own(response)) if name in response.headers]
    lines += [f"{name}: {response.headers[name]}" for name in names]
    body = response.text
    if "json" in response.headers.get("Content-Type", ""):
        body = json.dumps(_shortened(response.json()), indent=2, ensure_ascii=False)
    return "\n".join([*lines, "", body.strip()]).strip()


def _own(response: httpx.Response) -> list[str]:
    return [name.title() for name in response.headers if name.startswith("stockcast-")]


def _shortened(value: Any) -> Any:
    """Return the document with long lists cut to their first items, and long texts to their beginning."""
    if isinstance(value, dict):
        return {name: _shortened(inner) for name, inner in value.items()}
    if isinstance(value, list):
        rest = len(value) - _SHOWN_ITEMS
        shown = [_shortened(inner) for inner in value[:_SHOWN_ITEMS]]
        return [*shown, f"… {rest} more"] if rest > 1 else [*shown, *map(_shortened, value[_SHOWN_ITEMS:])]
    if isinstance(value, float):
        return round(value, 2)
    if isinstance(value, str) and " " not in value and len(value) > _LONG_TEXT:
        return value[:16] + "…"
    return value
