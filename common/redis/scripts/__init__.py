"""The Lua scripts that run inside Redis.

A script names the parts that it needs in a line such as ``-- Requires: clock, records``; a part may require others.
KEYS[1] of every script is the key that marks the call as carried out (see parts/repeats.lua). Other keys that a caller
can name follow it. The keys of records, queues and shared counters are made from the constants, which
come from :mod:`common.redis.schema`: a script meets requests that only Redis can name, such as those that joined
another. Redis is one server and never a cluster, so that keys need not be declared.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

from common.redis.scripts.constants import render_constants

_REQUIRES = re.compile(r"^-- Requires: (.+)$", re.MULTILINE)


@cache
def load_script(name: str) -> str:
    """Return a script's text with the constants and the parts that it requires before it.

    Args:
        name: folder and name, such as ``requests/accept``.
    """
    return "\n".join([render_constants(), *_collect_parts(name, [])])


def _collect_parts(name: str, before: list[str]) -> list[str]:
    """Append a file's parts to the texts before it, each once, and then its own text."""
    text = (resources.files(__name__) / f"{name}.lua").read_text(encoding="utf-8")
    required = _REQUIRES.search(text)
    for part in required[1].split(", ") if required else ():
        _collect_parts(f"parts/{part}", before)
    if text not in before:
        before.append(text)
    return before
