"""What a client sends: a body of JSON, an id of its own, how long it waits."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import request

from common.domain.errors import InvalidRequest
from common.domain.questions import normalised_request_id

_WAIT = re.compile(r"wait\s*=\s*\"?([0-9]{1,6})\"?\Z", re.IGNORECASE)
_MOST_DIGITS, _MOST_SAID = 300, 50


def json_of(body: bytes) -> Any:
    """What a body says.

    Raises:
        InvalidRequest: it is no JSON, or a name is given twice in it, so that nobody can tell what is meant.
    """
    try:
        return _READER.decode(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as exc:
        raise InvalidRequest('The body is not valid JSON. Send JSON such as {"ticker": "AAPL", "days": 30}.') from exc


def _number(digits: str) -> float:
    """Read a number without a fraction; int() refuses thousands of digits, which are too many for all that is asked."""
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)


def _without_repetitions(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in values:
            raise InvalidRequest(f"{json.dumps(name[:_MOST_SAID])} is given twice. Send it once.")
        values[name] = value
    return values


_READER = json.JSONDecoder(parse_int=_number, object_pairs_hook=_without_repetitions)


def chosen_id(in_body: str | None) -> str | None:
    """The id that the client chose, in the body or as ``Idempotency-Key``.

    Raises:
        InvalidRequest: it is no UUID, or there are two.
    """
    key = request.environ.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        return in_body
    # The header is a string of a structured field (RFC 8941), with or without quotes; several come joined by commas.
    keys = {one.strip().strip('"') for one in key.split(",")}
    if len(keys) > 1:
        raise InvalidRequest("The request has more than one Idempotency-Key. Send one.")
    request_id = normalised_request_id(keys.pop())
    if in_body not in (None, request_id):
        raise InvalidRequest("Idempotency-Key and request_id are different ids. Send one of them.")
    return request_id


@dataclass(frozen=True)
class Patience:
    """How long a client waits for an answer, and which of its preferences that grants."""

    seconds: float
    applied: str | None


@lru_cache(100)
def preferred_patience(header: str, longest_s: float) -> Patience:
    """Read ``wait=N`` and ``respond-async`` in a ``Prefer`` header (RFC 7240); without either, the longest wait."""
    preferences = [preference.partition(";")[0].strip() for preference in header.split(",")]
    waits = [int(found[1]) for preference in preferences if (found := _WAIT.match(preference))]
    at_once = ["respond-async"] if "respond-async" in map(str.lower, preferences) else []
    if not waits and not at_once:
        return Patience(longest_s, None)
    seconds = min(waits[0], int(longest_s)) if waits else 0
    return Patience(seconds, ", ".join([*at_once, *(f"wait={seconds}" for _ in waits[:1])]))
