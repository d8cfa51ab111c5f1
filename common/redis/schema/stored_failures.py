"""Failures in the format of Redis: JSON with a code, and a detail unless it is the code's default."""

from __future__ import annotations

import json

from common.domain.errors import Failure, ForecastFailed, make_failure

DAMAGED = "Part of this request was lost. Send the request again."
"""The detail of a request or batch whose record cannot be read."""


def encode_failure(failure: Failure) -> str:
    """Return a failure as JSON. A default detail is omitted to keep records small."""
    fields: dict[str, object] = {"code": failure.code}
    if failure.detail != failure.default_detail:
        fields["detail"] = failure.detail
    if failure.retry_after_s is not None:
        fields["retry_after_s"] = failure.retry_after_s
    return json.dumps(fields)


def decode_failure(stored: bytes | None) -> Failure | None:
    """Parse a stored failure; return None if nothing is stored."""
    if not stored:
        return None
    try:
        fields = json.loads(stored)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict) or not isinstance(fields.get("code"), str):
        return ForecastFailed(DAMAGED)
    detail, retry_after_s = fields.get("detail"), fields.get("retry_after_s")
    return make_failure(
        fields["code"],
        detail if isinstance(detail, str) else None,
        retry_after_s if type(retry_after_s) is int else None,
    )
