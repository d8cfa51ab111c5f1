"""Conditional requests: whether the client's copy is up to date."""

from __future__ import annotations

from flask import request


def client_has(tag: str) -> bool:
    """Return whether ``If-None-Match`` contains this tag, weak or strong; ``*`` contains none."""
    header = request.environ.get("HTTP_IF_NONE_MATCH")
    if header is None:
        return False
    # Browsers send one tag, which needs no parsing.
    if header.removeprefix("W/") == f'"{tag}"':
        return True
    tags = request.if_none_match
    return tags.is_weak(tag) or tags.is_strong(tag)
