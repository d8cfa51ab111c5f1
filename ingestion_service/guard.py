"""What stands before each source: a budget, a circuit that is put aside for a while, and other keys to go on with."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar

from common.errors import Failure, ProviderUnavailable
from common.limits import Limits, Window
from common.metrics import SOURCE_CALLS
from common.prices import PriceSeries
from common.questions import Interval
from ingestion_service.providers import Hiccup, Provider, Refused

T = TypeVar("T")
_log = logging.getLogger(__name__)
MINUTE, HOUR, DAY = 60, 3600, 86_400
_PAUSE_S = (0.1, 0.4)
FREE_BUDGETS: dict[str, tuple[Window, ...]] = {
    "tiingo": (Window(50, HOUR), Window(1000, DAY)),
    "twelvedata": (Window(8, MINUTE), Window(800, DAY)),
    "finnhub": (Window(60, MINUTE),),
    "alphavantage": (Window(5, MINUTE), Window(25, DAY)),
    "nasdaq": (Window(300, MINUTE), Window(50_000, DAY)),
    "yahoo": (Window(100, MINUTE), Window(5000, DAY)),
}
"""What the sources give to a free key; Yahoo says nothing, and is asked no more than a person with a page would."""


class Guard:
    """Lets an account at a source be asked only where its budget allows, and not while it wants to be left alone.

    ``interval`` is how far apart the prices are that are asked for: where an account is refused these, others may
    still be had.
    """

    def __init__(
        self, source: str, limits: Limits, account: str, budget: tuple[Window, ...], interval: Interval = "1d"
    ) -> None:
        self._source = source
        self._limits = limits
        self._account = account
        self._offer = f"{account}:{interval}"
        self._budget = budget

    def ask(self, call: Callable[[float], T], timeout_s: float) -> T:
        """Return what ``call``, given the seconds it has, gets from the source, and remember how that went.

        Where asking once more after a moment can help, and there is time and budget for it, it is.

        Raises:
            ProviderUnavailable: the source must not be asked now; or whatever the call broke in.
            Failure: what the source answered instead of prices.
        """
        try:
            return self._ask_once_or_twice(call, timeout_s)
        except Hiccup as failure:
            self._remember(failure)
            raise

    def _ask_once_or_twice(self, call: Callable[[float], T], timeout_s: float) -> T:
        give_up = time.monotonic() + timeout_s
        try:
            return self._ask_once(call, timeout_s)
        except Hiccup:
            pause_s = random.uniform(*_PAUSE_S)  # noqa: S311 - to spread replicas, not to keep a secret
            left_s = give_up - time.monotonic() - pause_s
            if left_s <= 0:
                raise
        time.sleep(pause_s)
        return self._ask_once(call, left_s)

    def _ask_once(self, call: Callable[[float], T], timeout_s: float) -> T:
        self._require_open()
        self._spend()
        try:
            answer = self._contained(lambda: call(timeout_s))
        except ProviderUnavailable as failure:
            # What it came from may quote the answer, and that the key.
            failure.__cause__ = failure.__context__ = None
            SOURCE_CALLS.labels(self._source, "failed").inc()
            if not isinstance(failure, Hiccup):
                self._remember(failure)
            raise
        except Failure:
            SOURCE_CALLS.labels(self._source, "answered").inc()
            self._limits.note_success(self._account)  # an answer, if not the one that was hoped for
            raise
        SOURCE_CALLS.labels(self._source, "answered").inc()
        self._limits.note_success(self._account)
        return answer

    def _contained(self, call: Callable[[], T]) -> T:
        """What the call gets; an answer that nobody foresaw breaks the source's turn, and nothing else."""
        try:
            return call()
        except Failure:
            raise
        except Exception as exc:  # noqa: BLE001 - whatever breaks in reading what a stranger sent
            broken = type(exc).__name__
        # Out here the new failure has no context, whose text may quote the answer.
        _log.error("an answer of %s could not be read: %s", self._source, broken)
        raise ProviderUnavailable(f"The source {self._source} answered in no known form.")

    def _require_open(self) -> None:
        left_s = max(self._limits.aside_s(self._account), self._limits.aside_s(self._offer))
        if left_s:
            SOURCE_CALLS.labels(self._source, "aside").inc()
            raise ProviderUnavailable(f"The source {self._source} is left alone for a while.", retry_after_s=left_s)

    def _spend(self) -> None:
        wait_s = self._limits.spend(self._account, self._budget)
        if wait_s:
            SOURCE_CALLS.labels(self._source, "over_budget").inc()
            raise ProviderUnavailable(f"The budget of the source {self._source} is used up.", retry_after_s=wait_s)

    def _remember(self, failure: ProviderUnavailable) -> None:
        if failure.retry_after_s:
            what = self._offer if isinstance(failure, Refused) else self._account
            self._limits.put_aside(what, failure.retry_after_s)
        else:
            self._limits.note_failure(self._account)


class GuardedProvider:
    """A source behind its guard."""

    def __init__(self, provider: Provider, limits: Limits, account: str, budget: tuple[Window, ...]) -> None:
        self.name = provider.name
        self._provider = provider
        self._guard = Guard(provider.name, limits, account, budget)

    def fetch(self, ticker: str, *, since: date, timeout_s: float) -> PriceSeries:
        """Ask the source where that is allowed; raises as :class:`Provider` says."""
        return self._guard.ask(lambda left_s: self._provider.fetch(ticker, since=since, timeout_s=left_s), timeout_s)


class KeysInTurn:
    """One source with several keys: where one may not be used now, the next is."""

    def __init__(self, providers: Sequence[Provider]) -> None:
        self.name = providers[0].name
        self._providers = providers

    def fetch(self, ticker: str, *, since: date, timeout_s: float) -> PriceSeries:
        """Ask with the first key that may be used; raises as :class:`Provider` says."""
        give_up = time.monotonic() + timeout_s
        for provider in self._providers[:-1]:
            try:
                return provider.fetch(ticker, since=since, timeout_s=give_up - time.monotonic())
            except ProviderUnavailable as failure:
                if not failure.retry_after_s or time.monotonic() >= give_up:
                    raise
        return self._providers[-1].fetch(ticker, since=since, timeout_s=give_up - time.monotonic())
