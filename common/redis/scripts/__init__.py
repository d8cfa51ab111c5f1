"""The Lua scripts that run inside Redis.

A script lists its parts in a line such as ``-- Requires: clock, records``; parts may require others. KEYS[1] of every
script is the key that marks the call as executed (see parts/repeats.lua). The other KEYS are those that the caller can
name. The scripts build the keys of records, queues and shared counters from the constants of
:mod:`common.redis.schema`, because callers do not know all affected requests, such as those that joined another.
Redis is one server and never a cluster, so undeclared keys are allowed.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

from common.redis.scripts.constants import render_constants

_REQUIRES = re.compile(r"^-- Requires: (.+)$", re.MULTILINE)


@cache
def load_script(name: str) -> str:
    """Return a script's text, preceded by the constants and the required parts.

    Args:
        name: folder and name, such as ``requests/accept``.
    """
    return "\n".join([render_constants(), *_collect_parts(name, [])])


def _collect_parts(name: str, before: list[str]) -> list[str]:
    """Append the parts of a file to ``before``, each once, and then its own text; return ``before``."""
    text = (resources.files(__name__) / f"{name}.lua").read_text(encoding="utf-8")
    required = _REQUIRES.search(text)
    for part in required[1].split(", ") if required else ():
        _collect_parts(f"parts/{part}", before)
    if text not in before:
        before.append(text)
    return before
