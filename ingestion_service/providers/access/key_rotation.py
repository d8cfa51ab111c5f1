"""Several keys of one provider: the first one that may be used now is used."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import TypeVar

from common.domain.errors import ProviderUnavailable
from common.domain.prices import PriceSeries
from ingestion_service.providers.access.guard import Guard
from ingestion_service.providers.base import OutOfResources, Provider

T = TypeVar("T")


class RotatingKeys:
    """A provider with several keys."""

    def __init__(self, providers: Sequence[Provider]) -> None:
        self.name = providers[0].name
        self._providers = providers

    def fetch(self, ticker: str, *, since: date, timeout_s: float) -> PriceSeries:
        """Fetch with the first key that may be used; see :meth:`Provider.fetch`."""

        def fetch_from(provider: Provider, left_s: float) -> PriceSeries:
            return provider.fetch(ticker, since=since, timeout_s=left_s)

        return _call_first_allowed([partial(fetch_from, provider) for provider in self._providers], timeout_s)


class GuardedKeys:
    """The keys of one provider, each behind its guard."""

    def __init__(self, guards: Mapping[str, Guard]) -> None:
        self._guards = guards

    def ask(self, call: Callable[[str, float], T], timeout_s: float) -> T:
        """Return the result of ``call`` with the first key that may be used; raises as :meth:`Guard.ask` does."""
        asks = [partial(guard.ask, partial(call, key)) for key, guard in self._guards.items()]
        return _call_first_allowed(asks, timeout_s)


def _call_first_allowed(calls: Sequence[Callable[[float], T]], timeout_s: float) -> T:
    """Return the first result, within ``timeout_s`` seconds for all calls together.

    The next key is tried only after a refusal that is limited to one key: such a failure has a ``retry_after_s``.
    """
    give_up = time.monotonic() + timeout_s
    for call in calls[:-1]:
        try:
            return call(give_up - time.monotonic())
        except ProviderUnavailable as failure:
            if isinstance(failure, OutOfResources) or not failure.retry_after_s or time.monotonic() >= give_up:
                raise
    return calls[-1](give_up - time.monotonic())
