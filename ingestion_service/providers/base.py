"""What every price source looks like to the rest of the ingestion service."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from common.errors import ProviderUnavailable
from common.prices import PriceSeries


class Hiccup(ProviderUnavailable):
    """The connection failed, or the server did: asking once more after a moment can help."""


class Refused(ProviderUnavailable):
    """The source does not take the key, or has this in no plan of its owner; it may have something else for it."""


class Provider(Protocol):
    """A source of daily prices.

    Inside, three steps stay apart: build the query, fetch (alone in touching the network), and parse the answer.
    """

    @property
    def name(self) -> str:
        """The word for the source in ``PROVIDERS``, in stored metadata and in answers."""
        ...

    def fetch(self, ticker: str, *, since: date, timeout_s: float) -> PriceSeries:
        """Return the prices of ``ticker`` from ``since`` on, not yet checked; blocks for at most ``timeout_s``.

        Raises:
            UnknownTicker: the source answered that it does not know the ticker.
            TooLittleData: the source knows the ticker but has no prices of it.
            Hiccup: asking once more at once can help; it is the caller's to do, as it counts the calls.
            ProviderUnavailable: anything else; another source, or a later try, may help.
        """
        ...
