"""The spelling of share classes, which differs between providers: BRK.B, BRK-B, BRK_B."""

from __future__ import annotations

import re

from common.domain.markets.currencies import UNKNOWN_CURRENCY
from common.domain.markets.exchanges import NEW_YORK, exchange_of

# A letter after a dot may also be an exchange (VOD.L), so only the usual classes match.
_SHARE_CLASS = re.compile(r"\A([A-Z]{1,5})[.-]([A-D])\Z")


def format_share_class(separator: str, ticker: str) -> str:
    """Return a ticker with ``separator`` before its share class, such as ``BRK-B``; others stay unchanged."""
    return _SHARE_CLASS.sub(rf"\1{separator}\2", ticker)


_AMERICAN = re.compile(r"\A[A-Z]{1,5}(?:[.-][A-D]|[-.](?:P[A-Z]?|U|UN|W|WS|WT|R|RT))?\Z")


def infer_listing_currency(ticker: str) -> str:
    """Return the currency of a ticker at a provider that names none.

    Tickers of up to five letters are American and in dollars, also with the suffix of a share class, a preferred share,
    a unit or a warrant. The currency of other tickers is unknown.
    """
    is_american = exchange_of(ticker) is NEW_YORK and _AMERICAN.match(ticker)  # MC.PA is Paris, no preferred share
    return "USD" if is_american else UNKNOWN_CURRENCY


def flag_unknown_currency(currency: str) -> tuple[str, ...]:
    """Return the flag for an unknown currency; no flag for others."""
    return ("the source names no currency",) if currency == UNKNOWN_CURRENCY else ()
