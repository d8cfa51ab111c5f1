"""The display names of price sources."""

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
        "sec": "the SEC",
    }
)

UPLOAD = "upload"
"""The source of the series that people upload. It is no provider, and no provider's prices replace such a series."""
_UPLOAD_NAME = "an uploaded file"

SOURCE_NAME = "The name of the source for people, such as `Yahoo Finance`."
"""The description of the API's field ``source_name``."""


def display_name(source: str) -> str:
    """Return a source's name for people; the argument itself if it has none."""
    return _UPLOAD_NAME if source == UPLOAD else DISPLAY_NAMES.get(source, source)
