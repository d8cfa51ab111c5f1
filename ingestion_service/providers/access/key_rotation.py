"""Several keys of one provider, in turn: each call begins with the key after that of the call before."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import TypeVar

from common.domain.errors import ProviderUnavailable
from common.domain.prices import PriceSeries
from common.redis.provider_limits import ProviderLimits
from ingestion_service.providers.access.guard import Guard
from ingestion_service.providers.base import OutOfResources, Provider

T = TypeVar("T")


class KeyTurns:
    """The order of a provider's keys for each call.

    Args:
        provider: the provider's name.
        limits: the count of the calls in Redis.
    """

    def __init__(self, provider: str, limits: ProviderLimits) -> None:
        self._provider = provider
        self._limits = limits

    def call(self, calls: Sequence[Callable[[float], T]], timeout_s: float) -> T:
        """Return the first result, within ``timeout_s`` seconds for all keys together.

        The next key is tried only after a refusal that is limited to one key: such a failure has a ``retry_after_s``.

        Args:
            calls: the call with each key, in a fixed order; the argument is the remaining time in seconds.
            timeout_s: the most seconds of all.

        Raises:
            ProviderUnavailable: no key may be used. Of several refusals, the one that ends first.
            Failure: the provider has no prices of the ticker.
        """
        if len(calls) == 1:
            return calls[0](timeout_s)
        give_up = time.monotonic() + timeout_s
        first = self._limits.take_turn(self._provider) % len(calls)
        refusals: list[ProviderUnavailable] = []
        for call in (*calls[first:], *calls[:first]):
            try:
                return call(give_up - time.monotonic())
            except ProviderUnavailable as failure:
                refusals.append(failure)
                if isinstance(failure, OutOfResources) or not failure.retry_after_s:
                    raise
            if time.monotonic() >= give_up:
                break
        # Raised here, it has no context, whose text may quote the response.
        raise min(refusals, key=lambda refusal: refusal.retry_after_s or 0)


class RotatingKeys:
    """A provider with several keys."""

    def __init__(self, providers: Sequence[Provider], limits: ProviderLimits) -> None:
        self.name = providers[0].name
        self._providers = providers
        self._turns = KeyTurns(self.name, limits)

    def fetch(self, ticker: str, *, since: date, timeout_s: float) -> PriceSeries:
        """Fetch with the first key in turn that may be used; see :meth:`Provider.fetch`."""

        def fetch_from(provider: Provider, left_s: float) -> PriceSeries:
            return provider.fetch(ticker, since=since, timeout_s=left_s)

        return self._turns.call([partial(fetch_from, provider) for provider in self._providers], timeout_s)


class GuardedKeys:
    """The keys of one provider, each behind its guard."""

    def __init__(self, guards: Mapping[str, Guard], turns: KeyTurns) -> None:
        self._guards = guards
        self._turns = turns

    def ask(self, call: Callable[[str, float], T], timeout_s: float) -> T:
        """Return the result of ``call`` with the first key in turn that may be used; see :meth:`KeyTurns.call`."""
        return self._turns.call(
            [partial(guard.ask, partial(call, key)) for key, guard in self._guards.items()], timeout_s
        )
