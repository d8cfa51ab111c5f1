"""The Lua scripts that run inside Redis."""

from __future__ import annotations

from functools import cache
from importlib import resources

_SHARED = ("values", "clock", "counting", "turns", "prelude")


@cache
def script_source(name: str) -> str:
    """The text of a script, behind the parts that all of them share."""
    folder = resources.files(__name__)
    return "\n".join((folder / f"{part}.lua").read_text(encoding="utf-8") for part in (*_SHARED, name))
