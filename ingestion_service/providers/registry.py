"""The registry of price providers. docs/contributor/add-a-provider.md has the steps to add one."""

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
"""The providers that need a key, in the default order of calls."""
NAMES = (*KEYED, Yahoo.name, Sample.name)


def build_keyed(name: str, *, url: str, api_key: str) -> Provider:
    """Build a provider of :data:`KEYED`; nothing connects yet.

    Raises:
        ValueError: the key is malformed. The text does not contain it.
    """
    return _KEYED[name](url=url, api_key=api_key)


def build_keyless(name: str, *, yahoo_url: str | None = None) -> Provider:
    """Build a provider that needs no key."""
    return Sample() if name == Sample.name else Yahoo(url=yahoo_url)
