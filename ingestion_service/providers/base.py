"""What every price source looks like to the rest of the ingestion service."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from common.domain.errors import ProviderUnavailable
from common.domain.prices import PriceSeries


class TransientFailure(ProviderUnavailable):
    """The connection or the server failed: one more try after a moment can help."""


class Refused(ProviderUnavailable):
    """The source does not take the key, or has this in no plan of its owner; it may have something else for it."""


class TooFast(ProviderUnavailable):
    """The source refuses a burst of calls: the same call is answered a moment later."""


class NothingUsable(ProviderUnavailable):
    """The source works, and has nothing for this ticker: an empty answer, a status, or a plan that leaves it out."""


class NotAsked(ProviderUnavailable):
    """The source was not asked: its budget is used up, or its circuit is open."""


class OutOfResources(NotAsked):
    """This process lacks what a call needs, such as file descriptors, so that no source can be asked."""

    default_detail = "The service has too much open to ask a price source. Try again in a moment."


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
            NothingUsable: the source answered, with nothing for this ticker that can be used.
            TransientFailure: one more try can help. The caller makes it, because it counts the calls.
            ProviderUnavailable: anything else; another source, or a later try, may help.
        """
        ...
