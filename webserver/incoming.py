"""What a client sends: a body of JSON, an id of its own, a wait that it prefers."""

from __future__ import annotations

import json
import re
from typing import Any

from flask import request

from common.errors import InvalidRequest
from common.questions import normalised_request_id

_WAIT = re.compile(r"\s*wait\s*=\s*\"?(\d{1,6})\"?\s*\Z", re.IGNORECASE)


def json_body() -> Any:
    """The body of the present request.

    Raises:
        InvalidRequest: it is no JSON.
    """
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError) as exc:
        raise InvalidRequest('The body must be JSON such as {"ticker": "AAPL", "days": 30}.') from exc


def chosen_id(in_body: str | None) -> str | None:
    """The id that the client chose, in the body or as ``Idempotency-Key``.

    Raises:
        InvalidRequest: it is no UUID, or there are two.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return in_body
    # The header is a string of a structured field (RFC 8941), with or without its quotes.
    request_id = normalised_request_id(key.strip().strip('"'))
    if in_body not in (None, request_id):
        raise InvalidRequest("Idempotency-Key and request_id are two different ids.")
    return request_id


def preferred_wait(header: str) -> int | None:
    """The seconds of ``wait=N`` in a ``Prefer`` header (RFC 7240); None where there is no such preference."""
    for preference in header.split(","):
        found = _WAIT.match(preference.partition(";")[0])
        if found:
            return int(found[1])
    return None
