"""Parsing of what a client sends: the JSON body, the request id and the ``Prefer`` header."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from common.domain.errors import InvalidRequest
from common.domain.questions import normalise_request_id
from common.domain.uploads import MAX_UPLOAD_BYTES

MAX_BODY_BYTES = 16 * 1024
"""A longer body is refused (413), except by the routes in :data:`_LONG_BODIES`."""
MAX_IMPORT_BYTES = 512 * 1024
"""A longer body of an import is refused. The export of a full list fits, whatever the alphabet of its notes."""
_LONG_BODIES = re.compile(r"/api/v1/watchlists/[^/]+(?::|%3A)import\Z", re.IGNORECASE)
_FILES = re.compile(r"/api/v1/prices/[^/:]+\Z")
_WAIT = re.compile(r"wait\s*=\s*\"?([0-9]{1,6})\"?\Z", re.IGNORECASE)
_MAX_DIGITS, _MAX_SHOWN = 300, 50
_UNSTORABLE = re.compile("[\\0\ud800-\udfff]")
UNSTORABLE = "A text contains a NUL or half of a surrogate pair. Send it without that character."


def longest_body(path: str) -> int:
    """Return the length in bytes of the longest body that a path accepts."""
    if takes_file(path):
        return MAX_UPLOAD_BYTES
    return MAX_IMPORT_BYTES if _LONG_BODIES.search(path) else MAX_BODY_BYTES


def takes_file(path: str) -> bool:
    """Return whether the body of a request for a path is a file, which its view reads in pieces."""
    return bool(_FILES.search(path))


def accept_file() -> None:
    """Accept :data:`~common.domain.uploads.MAX_UPLOAD_BYTES` as the body of the present request.

    Raises:
        RequestEntityTooLarge: the request announces more.
    """
    if (request.content_length or 0) > MAX_UPLOAD_BYTES:
        raise RequestEntityTooLarge
    request.max_content_length = MAX_UPLOAD_BYTES + 1  # werkzeug refuses a stream that is as long as its limit


def json_of(body: bytes) -> Any:
    """Return the value of a JSON body.

    Raises:
        InvalidRequest: it is not JSON, an object has a name twice, or a text contains what no store can keep.
    """
    try:
        value = _DECODER.decode(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as exc:
        raise InvalidRequest('The body is not valid JSON. Send JSON such as {"ticker": "AAPL", "days": 30}.') from exc
    if b"\\u" in body:
        _check_texts(value)
    return value


def _check_texts(value: Any) -> None:
    """Raise InvalidRequest if a text has a NUL, which PostgreSQL refuses, or a lone surrogate, which is no UTF-8."""
    if isinstance(value, str):
        if _UNSTORABLE.search(value):
            raise InvalidRequest(UNSTORABLE)
    elif isinstance(value, list):
        for one in value:
            _check_texts(one)
    elif isinstance(value, dict):
        _check_texts([*value, *value.values()])


def _number(digits: str) -> float:
    """Return a number without a fraction; int() refuses thousands of digits, and no field allows so many."""
    return int(digits) if len(digits) <= _MAX_DIGITS else float(digits)


def _object_without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in values:
            raise InvalidRequest(f"{json.dumps(name[:_MAX_SHOWN])} is given twice. Send it once.")
        values[name] = value
    return values


_DECODER = json.JSONDecoder(parse_int=_number, object_pairs_hook=_object_without_duplicates)


def whole_number(text: object) -> object:
    """Return the number that a query parameter consists of; the text itself if it is no whole number."""
    is_number = isinstance(text, str) and text.isascii() and text.isdecimal() and len(text) < 20
    return int(str(text)) if is_number else text


def client_request_id(in_body: str | None) -> str | None:
    """Return the request id that the client chose, in the body or as ``Idempotency-Key``.

    Raises:
        InvalidRequest: it is not a UUID, or there are two.
    """
    header = request.environ.get("HTTP_IDEMPOTENCY_KEY")
    if header is None:
        return in_body
    # The header is a string of a structured field (RFC 8941), with or without quotes. WSGI joins several by commas.
    keys = {key.strip().strip('"') for key in header.split(",")}
    if len(keys) > 1:
        raise InvalidRequest("The request has more than one Idempotency-Key. Send one.")
    request_id = normalise_request_id(keys.pop())
    if in_body not in (None, request_id):
        raise InvalidRequest("Idempotency-Key and request_id are different ids. Send one of them.")
    return request_id


@dataclass(frozen=True)
class PreferredWait:
    """The time that a response may wait for the forecast, and the preferences for ``Preference-Applied``."""

    seconds: float
    applied: str | None


def preferred_wait(header: str, longest_s: float) -> PreferredWait:
    """Return the wait that ``wait=N`` or ``respond-async`` in a ``Prefer`` header (RFC 7240) requests.

    Without either it is ``longest_s``.
    """
    preferences = [preference.partition(";")[0].strip() for preference in header.split(",")]
    waits = [int(found[1]) for preference in preferences if (found := _WAIT.match(preference))]
    is_async = "respond-async" in map(str.lower, preferences)
    if not waits and not is_async:
        return PreferredWait(longest_s, None)
    seconds = min(waits[0], int(longest_s)) if waits else 0
    applied = [*(["respond-async"] if is_async else []), *(f"wait={seconds}" for _ in waits[:1])]
    return PreferredWait(seconds, ", ".join(applied))
