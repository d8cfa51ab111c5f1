"""The interface of the price providers, and their failures."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from common.domain.errors import ProviderUnavailable
from common.domain.prices import PriceSeries


class TransientFailure(ProviderUnavailable):
    """The connection or the server failed: a retry after a moment may succeed."""


class Refused(ProviderUnavailable):
    """The provider rejected the key, or its plan does not include these prices; it may include others."""


class TooFast(ProviderUnavailable):
    """The provider rejected a burst of calls: a retry after a second may succeed."""


class NothingUsable(ProviderUnavailable):
    """The provider has no usable prices of this ticker: the response is empty or an error, or the plan excludes it."""


class NotAsked(ProviderUnavailable):
    """The provider was not called: its budget is used up, or its circuit is open."""


class OutOfResources(NotAsked):
    """No provider can be called because this process lacks a resource, such as file descriptors."""

    default_detail = "The service has too much open to ask a price source. Try again in a moment."


class Provider(Protocol):
    """A provider of daily prices.

    An implementation has three separate steps: build the query, fetch (the only step with network access), parse.
    """

    @property
    def name(self) -> str:
        """The provider's name: in the setting ``PROVIDERS``, and as the ``source`` in stored metadata and responses."""
        ...

    def fetch(self, ticker: str, *, since: date, timeout_s: float) -> PriceSeries:
        """Return the prices of a ticker, unchecked.

        Args:
            ticker: the ticker.
            since: the first day.
            timeout_s: the most seconds for which the call blocks.

        Raises:
            UnknownTicker: the provider does not have the ticker.
            TooLittleData: the provider has the ticker, but no prices of it.
            NothingUsable: the response has no usable prices of this ticker.
            TransientFailure: a retry may succeed. The caller makes it, because it counts the calls.
            ProviderUnavailable: another failure; another provider or a later retry may succeed.
        """
        ...
