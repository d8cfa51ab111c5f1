"""The registry of price sources: a new source is a module beside this one and an entry here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ingestion_service.providers.alphavantage import AlphaVantage
from ingestion_service.providers.base import Provider
from ingestion_service.providers.finnhub import Finnhub
from ingestion_service.providers.nasdaq import NasdaqDataLink
from ingestion_service.providers.sample import Sample
from ingestion_service.providers.tiingo import Tiingo
from ingestion_service.providers.twelvedata import TwelveData
from ingestion_service.providers.yahoo import Yahoo

_KEYED: Mapping[str, Callable[..., Provider]] = MappingProxyType(
    {kind.name: kind for kind in (Tiingo, TwelveData, Finnhub, AlphaVantage, NasdaqDataLink)}
)
KEYED = tuple(_KEYED)
"""The sources that need a key, in the order in which they are asked unless another is set."""
NAMES = (*KEYED, Yahoo.name, Sample.name)


def built_keyed(name: str, *, url: str, api_key: str) -> Provider:
    """Build one of :data:`KEYED`; nothing connects yet.

    Raises:
        ValueError: the key cannot be one; the text does not quote it.
    """
    return _KEYED[name](url=url, api_key=api_key)


def built_keyless(name: str, *, yahoo_url: str | None = None) -> Provider:
    """Build one of the sources that need no key."""
    return Sample() if name == Sample.name else Yahoo(url=yahoo_url)
