"""Fifty large American stocks, selected by their membership in stock indices."""

from __future__ import annotations

from collections import Counter

INDICES = ("S&P 100", "DOW JONES", "NASDAQ 100")
COUNT = 50


def list_top50() -> list[str]:
    """Return the tickers of the fifty companies that are in most of :data:`INDICES`.

    Each company is in at least two of them: the S&P 100, and the Dow Jones or the NASDAQ 100.
    """
    from pytickersymbols.indices_data import INDICES as TABLE  # noqa: PLC0415 - 90 MB, needed by this option only

    return select_most_listed(
        {index: {company["symbol"]: company["name"] for company in TABLE[index]["companies"]} for index in INDICES}
    )


def select_most_listed(names: dict[str, dict[str, str]]) -> list[str]:
    """Return the tickers of the companies in most indices, one for each company, in alphabetical order among equals.

    Args:
        names: by index, the company name of each ticker.
    """
    memberships = Counter(ticker for members in names.values() for ticker in members)
    name_of = {ticker: name for members in names.values() for ticker, name in members.items()}
    chosen: dict[str, str] = {}
    for ticker in sorted(memberships, key=lambda ticker: (-memberships[ticker], ticker)):
        chosen.setdefault(name_of[ticker], ticker)
    return list(chosen.values())[:COUNT]
