"""The guard of a provider: its budget of calls, and a circuit that opens after failures."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar, TypeVar

from common.domain.errors import Failure, ProviderUnavailable
from common.domain.prices import PriceSeries
from common.domain.source_names import display_name
from common.redis.provider_limits import ProviderLimits
from common.redis.rate_windows import Window
from common.runtime.metrics import SOURCE_CALLS
from common.runtime.tracing.spans import span
from ingestion_service.providers.base import (
    NotAsked,
    NothingUsable,
    OutOfResources,
    Provider,
    Refused,
    TooFast,
    TransientFailure,
)
from ingestion_service.providers.fetch.local_faults import has_too_few_descriptors, is_local_fault

T = TypeVar("T")
_log = logging.getLogger(__name__)
SECOND, MINUTE, HOUR, DAY = 1, 60, 3600, 86_400
_PAUSE_S = (0.1, 0.4)
WORTH_WAITING_S = 2
"""The longest wait for a budget or the end of a pause, in seconds: the next provider may be worse."""
_ANY_SOURCE = "The price source"
_FARTHEST_S = 400 * DAY
_WAITING_SHARE = 0.5
"""The share of a call's time that waiting may take; the call needs the rest."""
FREE_BUDGETS: dict[str, tuple[Window, ...]] = {
    "tiingo": (Window(50, HOUR), Window(1000, DAY)),
    "twelvedata": (Window(8, MINUTE), Window(800, DAY)),
    "finnhub": (Window(60, MINUTE),),
    "alphavantage": (Window(1, SECOND), Window(25, DAY)),
    "nasdaq": (Window(300, MINUTE), Window(50_000, DAY)),
    "yahoo": (Window(100, MINUTE), Window(5000, DAY)),
    "sec": (Window(8, SECOND),),
}
"""The budgets of free keys. Yahoo publishes none; its budget is about that of a person who uses its page. The SEC
allows ten calls a second from one address."""


class _NotAllowed(NotAsked):
    """A call that was not allowed; ``outcome`` is its label in the metric of calls."""

    outcome: ClassVar[str]


class _CircuitOpen(_NotAllowed):
    outcome = "aside"


class _OverBudget(_NotAllowed):
    outcome = "over_budget"


class Guard:
    """Allows calls of one account only within its budget and while its circuit is closed.

    Args:
        provider: the provider's name.
        limits: the budgets and circuits in Redis.
        account: the name of the account.
        budget: the windows of the budget.
        interval: the time between the requested prices, or ``news``. If a plan excludes one, the others still work.
    """

    def __init__(
        self, provider: str, limits: ProviderLimits, account: str, budget: tuple[Window, ...], interval: str = "1d"
    ) -> None:
        self._provider_name = provider
        self._name = display_name(provider)
        self._name_at_start = self._name[:1].upper() + self._name[1:]
        self._limits = limits
        self._account = account
        self._interval_account = f"{account}:{interval}"
        self._budget = budget

    def ask(self, call: Callable[[float], T], timeout_s: float) -> T:
        """Make a call as soon as it is allowed, and record its outcome; return its result.

        The call is retried once after a transient failure, and after rejected bursts while there is time.

        Args:
            call: calls the provider; its argument is the remaining time in seconds.
            timeout_s: the most seconds of all.

        Raises:
            NotAsked: the provider must not or cannot be called now. The text has the reason and the time of the next
                call.
            ProviderUnavailable: the call failed. If the circuit opened, the text has the time of the next call.
            Failure: the provider has no prices of the ticker.
        """
        give_up = time.monotonic() + timeout_s
        try:
            return self._ask_with_retries(call, timeout_s, give_up)
        except ProviderUnavailable as caught:
            failure = caught
        # Raised here, it has no context, whose text may quote the response.
        raise self._record_failure(failure)

    def _ask_with_retries(self, call: Callable[[float], T], timeout_s: float, give_up: float) -> T:
        """Retry once after a transient failure, and after rejected bursts while there is time."""
        transient_failures, left_s = 0, timeout_s
        begin_by = time.monotonic() + timeout_s * _WAITING_SHARE
        while True:
            try:
                return self._ask_once(call, left_s, begin_by)
            except TransientFailure:
                pause_s = random.uniform(*_PAUSE_S)  # noqa: S311 - jitter, not a secret
                transient_failures += 1
                if transient_failures > 1 or time.monotonic() + pause_s >= give_up:
                    raise
            except TooFast as failure:
                pause_s = float(failure.retry_after_s or 1)
                self._limits.open_circuit(self._account, pause_s, failure.detail)
                if time.monotonic() + pause_s >= begin_by:
                    raise
            time.sleep(pause_s)
            left_s = give_up - time.monotonic()

    def _ask_once(self, call: Callable[[float], T], timeout_s: float, begin_by: float) -> T:
        if has_too_few_descriptors():
            raise self._count_local_fault()
        waited_s = self._wait_until_allowed(begin_by)
        try:
            response = self._call_safely(lambda: call(timeout_s - waited_s))
        except ProviderUnavailable as failure:
            lacking = is_local_fault(failure)
            # The cause may quote the response, which may contain the key.
            failure.__cause__ = failure.__context__ = None
            if not lacking:
                self._note_outcome(failure)
                raise
        except Failure:
            SOURCE_CALLS.labels(self._provider_name, "answered").inc()
            self._limits.note_success(self._account)  # the provider works
            raise
        else:
            SOURCE_CALLS.labels(self._provider_name, "answered").inc()
            self._limits.note_success(self._account)
            return response
        raise self._count_local_fault()

    def _count_local_fault(self) -> OutOfResources:
        SOURCE_CALLS.labels(self._provider_name, "not_made").inc()
        return OutOfResources(retry_after_s=WORTH_WAITING_S)

    def _note_outcome(self, failure: ProviderUnavailable) -> None:
        if isinstance(failure, NothingUsable):
            SOURCE_CALLS.labels(self._provider_name, "answered").inc()
            self._limits.note_success(self._account)
        else:
            SOURCE_CALLS.labels(self._provider_name, "failed").inc()

    def _call_safely(self, call: Callable[[], T]) -> T:
        """Return the call's result; an unexpected exception becomes a failure of this provider only."""
        try:
            with span(f"fetch from {self._provider_name}", "client"):
                return call()
        except Failure:
            raise
        except Exception as exc:  # noqa: BLE001 - reading an unknown response may raise anything
            broken, lacking = type(exc).__name__, is_local_fault(exc)
        # Raised here, the failure has no context, whose text may quote the response.
        if lacking:
            raise OutOfResources(retry_after_s=WORTH_WAITING_S)
        _log.error("a response of %s could not be read: %s", self._provider_name, broken)
        raise ProviderUnavailable(f"The answer of {self._name} has an unknown format.")

    def _wait_until_allowed(self, begin_by: float) -> float:
        """Wait until a call is allowed; return the seconds of the wait.

        Raises:
            NotAsked: the wait would be too long.
        """
        began = time.monotonic()
        waited = False
        while refusal := self._find_refusal():
            wait_s = refusal.retry_after_s or 0
            if wait_s > WORTH_WAITING_S or time.monotonic() + wait_s >= begin_by:
                SOURCE_CALLS.labels(self._provider_name, refusal.outcome).inc()
                raise refusal
            waited = True
            time.sleep(random.uniform(0.1, 0.3))  # noqa: S311 - jitter, not a secret
        return time.monotonic() - began if waited else 0.0

    def _find_refusal(self) -> _NotAllowed | None:
        """Count a call and return None; if no call is allowed now, return the reason."""
        pauses = [pause for pause in map(self._limits.read_pause, (self._account, self._interval_account)) if pause]
        if pauses:
            pause = max(pauses, key=lambda each: each.seconds)
            reason = pause.reason or f"{self._name_at_start} failed several times."
            return _CircuitOpen(
                f"{reason} It is asked again at {format_clock_time(pause.seconds)}.", retry_after_s=pause.seconds
            )
        wait_s = self._limits.count_call(self._account, self._budget)
        if not wait_s:
            return None
        reason = f"The budget of calls of {self._name} is used up."
        return _OverBudget(f"{reason} It is asked again at {format_clock_time(wait_s)}.", retry_after_s=wait_s)

    def _record_failure(self, failure: ProviderUnavailable) -> ProviderUnavailable:
        """Count a failure and open the circuit if necessary; return the failure with the time of the next call."""
        if isinstance(failure, (NotAsked, NothingUsable)):
            return failure
        reason = failure.detail.replace(_ANY_SOURCE, self._name_at_start, 1)
        if failure.retry_after_s:
            what = self._interval_account if isinstance(failure, Refused) else self._account
            self._limits.open_circuit(what, failure.retry_after_s, reason)
            pause_s = failure.retry_after_s
        else:
            pause_s = self._limits.note_failure(self._account, reason)
        if not pause_s:
            return type(failure)(reason)
        again = f"It is asked again at {format_clock_time(pause_s)}."
        return type(failure)(f"{reason} {again}", retry_after_s=pause_s)


def format_clock_time(seconds: float) -> str:
    """Return the time ``seconds`` from now, such as ``14:05 UTC``; with the date if it is not today."""
    now = datetime.now(UTC)
    then = now + timedelta(seconds=min(seconds, _FARTHEST_S))
    if then.date() != now.date():
        return f"{then:%H:%M} UTC on {then:%Y-%m-%d}"
    return f"{then:%H:%M:%S} UTC" if seconds < MINUTE else f"{then:%H:%M} UTC"


class GuardedProvider:
    """A provider behind its guard."""

    def __init__(self, provider: Provider, limits: ProviderLimits, account: str, budget: tuple[Window, ...]) -> None:
        self.name = provider.name
        self._provider = provider
        self._guard = Guard(provider.name, limits, account, budget)

    def fetch(self, ticker: str, *, since: date, timeout_s: float) -> PriceSeries:
        """Fetch prices if a call is allowed; see :meth:`Provider.fetch` and :meth:`Guard.ask`."""
        return self._guard.ask(lambda left_s: self._provider.fetch(ticker, since=since, timeout_s=left_s), timeout_s)
