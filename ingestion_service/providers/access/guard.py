"""Protects each source: its budget of calls, and a circuit that opens after failures."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar, TypeVar

from common.domain.errors import Failure, ProviderUnavailable
from common.domain.prices import PriceSeries
from common.domain.questions import Interval
from common.domain.source_names import display_name
from common.redis.rate_windows import Window
from common.redis.source_limits import Limits
from common.runtime.metrics import SOURCE_CALLS
from ingestion_service.providers.base import (
    NotAsked,
    NothingUsable,
    OutOfResources,
    Provider,
    Refused,
    TooFast,
    TransientFailure,
)
from ingestion_service.providers.fetch.local_faults import is_local_fault, lacks_descriptors

T = TypeVar("T")
_log = logging.getLogger(__name__)
SECOND, MINUTE, HOUR, DAY = 1, 60, 3600, 86_400
_PAUSE_S = (0.1, 0.4)
WORTH_WAITING_S = 2
"""A budget or a pause that ends within so many seconds is waited for; the next source may be worse."""
_ANY_SOURCE = "The price source"
_FARTHEST_S = 400 * DAY
_WAITING_SHARE = 0.5
"""By then of its time a call must have begun: it needs the rest itself."""
FREE_BUDGETS: dict[str, tuple[Window, ...]] = {
    "tiingo": (Window(50, HOUR), Window(1000, DAY)),
    "twelvedata": (Window(8, MINUTE), Window(800, DAY)),
    "finnhub": (Window(60, MINUTE),),
    "alphavantage": (Window(1, SECOND), Window(25, DAY)),
    "nasdaq": (Window(300, MINUTE), Window(50_000, DAY)),
    "yahoo": (Window(100, MINUTE), Window(5000, DAY)),
}
"""What the sources give to a free key; Yahoo says nothing, and is asked no more than a person with a page would."""


class _NotAllowed(NotAsked):
    """A call that was not allowed; ``outcome`` is its label among the calls that are counted."""

    outcome: ClassVar[str]


class _Paused(_NotAllowed):
    outcome = "aside"


class _OverBudget(_NotAllowed):
    outcome = "over_budget"


class Guard:
    """Lets an account at a source be asked only where its budget allows, and not while its circuit is open.

    ``interval`` is how far apart the prices are that are asked for: where an account is refused these, others may
    still be had.
    """

    def __init__(
        self, source: str, limits: Limits, account: str, budget: tuple[Window, ...], interval: Interval = "1d"
    ) -> None:
        self._source = source
        self._name = display_name(source)
        self._limits = limits
        self._account = account
        self._offer = f"{account}:{interval}"
        self._budget = budget

    def ask(self, call: Callable[[float], T], timeout_s: float) -> T:
        """Return what ``call``, given the seconds it has, gets from the source, and remember how that went.

        Where asking once more after a moment can help, and there is time and budget for it, it is.

        Raises:
            NotAsked: the source must not be asked now, or cannot be; the text says why, and until when.
            ProviderUnavailable: what the call broke in; the text says when the source is asked again, where it is not
                at once.
            Failure: what the source answered instead of prices.
        """
        give_up = time.monotonic() + timeout_s
        try:
            return self._asked_with_retries(call, timeout_s, give_up)
        except ProviderUnavailable as caught:
            failure = caught
        # Raised here, it has no context; the context's text may quote the answer.
        raise self._remembered(failure)

    def _asked_with_retries(self, call: Callable[[float], T], timeout_s: float, give_up: float) -> T:
        """Ask again once after a failed connection, and after bursts while there is time."""
        hiccups, left_s = 0, timeout_s
        begin_by = time.monotonic() + timeout_s * _WAITING_SHARE
        while True:
            try:
                return self._ask_once(call, left_s, begin_by)
            except TransientFailure:
                pause_s = random.uniform(*_PAUSE_S)  # noqa: S311 - to spread replicas, not to keep a secret
                hiccups += 1
                if hiccups > 1 or time.monotonic() + pause_s >= give_up:
                    raise
            except TooFast as failure:
                pause_s = float(failure.retry_after_s or 1)
                self._limits.open_circuit(self._account, pause_s, failure.detail)
                if time.monotonic() + pause_s >= begin_by:
                    raise
            time.sleep(pause_s)
            left_s = give_up - time.monotonic()

    def _ask_once(self, call: Callable[[float], T], timeout_s: float, begin_by: float) -> T:
        if lacks_descriptors():
            raise self._not_made()
        waited_s = self._wait_until_allowed(begin_by)
        try:
            answer = self._contained(lambda: call(timeout_s - waited_s))
        except ProviderUnavailable as failure:
            lacking = is_local_fault(failure)
            # What it came from may quote the answer, and that the key.
            failure.__cause__ = failure.__context__ = None
            if not lacking:
                self._note_outcome(failure)
                raise
        except Failure:
            SOURCE_CALLS.labels(self._source, "answered").inc()
            self._limits.note_success(self._account)  # an answer, if not the one that was hoped for
            raise
        else:
            SOURCE_CALLS.labels(self._source, "answered").inc()
            self._limits.note_success(self._account)
            return answer
        raise self._not_made()

    def _not_made(self) -> OutOfResources:
        SOURCE_CALLS.labels(self._source, "not_made").inc()
        return OutOfResources(retry_after_s=WORTH_WAITING_S)

    def _note_outcome(self, failure: ProviderUnavailable) -> None:
        if isinstance(failure, NothingUsable):
            SOURCE_CALLS.labels(self._source, "answered").inc()
            self._limits.note_success(self._account)
        else:
            SOURCE_CALLS.labels(self._source, "failed").inc()

    def _contained(self, call: Callable[[], T]) -> T:
        """What the call gets; an answer that nobody foresaw breaks the source's turn, and nothing else."""
        try:
            return call()
        except Failure:
            raise
        except Exception as exc:  # noqa: BLE001 - whatever breaks in reading what a stranger sent
            broken, lacking = type(exc).__name__, is_local_fault(exc)
        # Out here the new failure has no context, whose text may quote the answer.
        if lacking:
            raise OutOfResources(retry_after_s=WORTH_WAITING_S)
        _log.error("an answer of %s could not be read: %s", self._source, broken)
        raise ProviderUnavailable(f"The answer of {self._name} has an unknown format.")

    def _wait_until_allowed(self, begin_by: float) -> float:
        """Wait while the circuit or the budget needs a moment only; return for how many seconds that was.

        Raises:
            NotAsked: it needs longer.
        """
        began = time.monotonic()
        waited = False
        while refusal := self._refusal():
            wait_s = refusal.retry_after_s or 0
            if wait_s > WORTH_WAITING_S or time.monotonic() + wait_s >= begin_by:
                SOURCE_CALLS.labels(self._source, refusal.outcome).inc()
                raise refusal
            waited = True
            time.sleep(random.uniform(0.1, 0.3))  # noqa: S311 - to spread replicas, not to keep a secret
        return time.monotonic() - began if waited else 0.0

    def _refusal(self) -> _NotAllowed | None:
        """Return why the source must not be asked now, or None where a call was counted for it."""
        pauses = [pause for pause in map(self._limits.pause, (self._account, self._offer)) if pause]
        if pauses:
            pause = max(pauses, key=lambda each: each.seconds)
            reason = pause.reason or f"{self._name} failed several times."
            return _Paused(f"{reason} It is asked again at {clock_words(pause.seconds)}.", retry_after_s=pause.seconds)
        wait_s = self._limits.spend(self._account, self._budget)
        if not wait_s:
            return None
        reason = f"The budget of calls of {self._name} is used up."
        return _OverBudget(f"{reason} It is asked again at {clock_words(wait_s)}.", retry_after_s=wait_s)

    def _remembered(self, failure: ProviderUnavailable) -> ProviderUnavailable:
        """Open the circuit where the failure asks for it; return the failure with when the source is asked again."""
        if isinstance(failure, (NotAsked, NothingUsable)):
            return failure
        reason = failure.detail.replace(_ANY_SOURCE, self._name, 1)
        if failure.retry_after_s:
            what = self._offer if isinstance(failure, Refused) else self._account
            self._limits.open_circuit(what, failure.retry_after_s, reason)
            pause_s = failure.retry_after_s
        else:
            pause_s = self._limits.note_failure(self._account, reason)
        if not pause_s:
            return type(failure)(reason)
        again = f"It is asked again at {clock_words(pause_s)}."
        return type(failure)(f"{reason} {again}", retry_after_s=pause_s)


def clock_words(seconds: float) -> str:
    """Write the moment in so many seconds, such as ``14:05 UTC``; with its day where that is another one."""
    now = datetime.now(UTC)
    then = now + timedelta(seconds=min(seconds, _FARTHEST_S))
    if then.date() != now.date():
        return f"{then:%H:%M} UTC on {then:%Y-%m-%d}"
    return f"{then:%H:%M:%S} UTC" if seconds < MINUTE else f"{then:%H:%M} UTC"


class GuardedProvider:
    """A source behind its guard."""

    def __init__(self, provider: Provider, limits: Limits, account: str, budget: tuple[Window, ...]) -> None:
        self.name = provider.name
        self._provider = provider
        self._guard = Guard(provider.name, limits, account, budget)

    def fetch(self, ticker: str, *, since: date, timeout_s: float) -> PriceSeries:
        """Ask the source where that is allowed; raises as :class:`Provider` says."""
        return self._guard.ask(lambda left_s: self._provider.fetch(ticker, since=since, timeout_s=left_s), timeout_s)
