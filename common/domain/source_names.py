"""Names of the price sources as people know them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

DISPLAY_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "tiingo": "Tiingo",
        "twelvedata": "Twelve Data",
        "finnhub": "Finnhub",
        "alphavantage": "Alpha Vantage",
        "nasdaq": "Nasdaq Data Link",
        "yahoo": "Yahoo Finance",
        "sample": "the sample data",
    }
)


def display_name(source: str) -> str:
    """Return a source's name for a sentence; a source without one keeps its own word."""
    return DISPLAY_NAMES.get(source, source)
