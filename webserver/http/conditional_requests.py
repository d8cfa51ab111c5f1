"""Whether the client of the present request has what it asks for already."""

from __future__ import annotations

from flask import request


def client_has(tag: str) -> bool:
    """Whether ``If-None-Match`` names this tag, weak or strong; ``*`` names none, for there may be nothing to have."""
    said = request.environ.get("HTTP_IF_NONE_MATCH")
    if said is None:
        return False
    # One tag, which is what browsers send, need not be taken apart.
    if said.removeprefix("W/") == f'"{tag}"':
        return True
    tags = request.if_none_match
    return tags.is_weak(tag) or tags.is_strong(tag)
