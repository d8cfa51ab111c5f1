"""Share classes, which every source writes in its own way: BRK.B, BRK-B, BRK_B."""

from __future__ import annotations

import re

# A single letter behind a dot may also be an exchange (VOD.L): only the usual classes are taken for one.
_SHARE_CLASS = re.compile(r"\A([A-Z]{1,5})[.-]([A-D])\Z")


def with_class_after(separator: str, ticker: str) -> str:
    """Write a ticker's share class after ``separator``; a ticker without one stays as it is."""
    return _SHARE_CLASS.sub(rf"\1{separator}\2", ticker)
