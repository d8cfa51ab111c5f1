"""Fifty large American stocks, picked from the membership of stock indices."""

from __future__ import annotations

from collections import Counter

INDICES = ("S&P 100", "DOW JONES", "NASDAQ 100")
COUNT = 50


def top50() -> list[str]:
    """The companies that are in most of :data:`INDICES`, one ticker each; among equals, in the order of the alphabet.

    Each is in at least two of them: in the S&P 100, and in the Dow Jones or the NASDAQ 100.
    """
    from pytickersymbols.indices_data import INDICES as TABLE  # noqa: PLC0415 - 90 MB: only where it is asked for

    return picked(
        {index: {company["symbol"]: company["name"] for company in TABLE[index]["companies"]} for index in INDICES}
    )


def picked(names: dict[str, dict[str, str]]) -> list[str]:
    """Pick from each index's names by ticker."""
    memberships = Counter(ticker for members in names.values() for ticker in members)
    name_of = {ticker: name for members in names.values() for ticker, name in members.items()}
    chosen: dict[str, str] = {}
    for ticker in sorted(memberships, key=lambda ticker: (-memberships[ticker], ticker)):
        chosen.setdefault(name_of[ticker], ticker)
    return list(chosen.values())[:COUNT]
