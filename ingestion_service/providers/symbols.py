"""Share classes, which every source writes in its own way: BRK.B, BRK-B, BRK_B."""

from __future__ import annotations

import re

from common.domain.currencies import UNKNOWN_CURRENCY

# A single letter behind a dot may also be an exchange (VOD.L): only the usual classes are taken for one.
_SHARE_CLASS = re.compile(r"\A([A-Z]{1,5})[.-]([A-D])\Z")


def with_class_after(separator: str, ticker: str) -> str:
    """Write a ticker's share class after ``separator``; a ticker without one stays as it is."""
    return _SHARE_CLASS.sub(rf"\1{separator}\2", ticker)


_AMERICAN = re.compile(r"\A[A-Z]{1,5}(?:[.-][A-D]|[-.](?:P[A-Z]?|U|UN|W|WS|WT|R|RT))?\Z")


def listing_currency(ticker: str) -> str:
    """Return the currency of a ticker at a source that names none.

    A ticker of up to five letters, or of a share class, a preferred share, a unit or a warrant of one, is listed in the
    United States, where prices are in dollars. Of any other listing the currency is unknown.
    """
    return "USD" if _AMERICAN.match(ticker) else UNKNOWN_CURRENCY


def unknown_currency_flags(currency: str) -> tuple[str, ...]:
    """Return the flag of a series whose currency is unknown, or none."""
    return ("the source names no currency",) if currency == UNKNOWN_CURRENCY else ()
