"""A cache of callers that were looked up a moment ago, so that a busy client does not ask the store each time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from common.domain.access import Caller, CallerKind
from common.domain.errors import StoreUnavailable

FRESH_FOR_S = 0.5
"""Seconds from the start of a lookup for which its outcome is used: a revocation is in effect after that time."""
MOST_CALLERS = 1000


@dataclass(frozen=True)
class Credential:
    """The credential of a request: the hash of a secret, and the place where it was."""

    kind: CallerKind
    secret_hash: str = field(repr=False)


@dataclass(frozen=True)
class _Lookup:
    began_at: float
    caller: Future[Caller] = field(default_factory=Future)


class RecentCallers:
    """Returns the callers of credentials. Simultaneous requests share one lookup.

    Args:
        look_up: reads the store; its exceptions are not cached.
        clock: monotonic seconds.
    """

    def __init__(self, look_up: Callable[[Credential], Caller], clock: Callable[[], float] = time.monotonic) -> None:
        self._look_up = look_up
        self._clock = clock
        self._lock = threading.Lock()
        self._lookups: dict[Credential, _Lookup] = {}

    def get(self, credential: Credential) -> Caller:
        """Return the caller.

        Raises:
            Unauthenticated: the credential is not valid.
            StoreUnavailable: it cannot be checked now.
        """
        now = self._clock()
        with self._lock:
            lookup = self._lookups.get(credential)
            is_first = lookup is None or now - lookup.began_at >= FRESH_FOR_S
            if lookup is None or is_first:
                lookup = self._begin(credential, now)
        if is_first:
            self._carry_out(credential, lookup)
        return lookup.caller.result()

    def _begin(self, credential: Credential, now: float) -> _Lookup:
        self._lookups.pop(credential, None)
        if len(self._lookups) >= MOST_CALLERS:
            del self._lookups[next(iter(self._lookups))]  # the oldest
        begun = self._lookups[credential] = _Lookup(now)
        return begun

    def _carry_out(self, credential: Credential, lookup: _Lookup) -> None:
        """Look the caller up; however this ends, no request waits on."""
        try:
            lookup.caller.set_result(self._look_up(credential))
        except Exception as exc:  # noqa: BLE001 - get() raises it
            lookup.caller.set_exception(exc)
        finally:
            if not lookup.caller.done():
                lookup.caller.set_exception(StoreUnavailable())
            if lookup.caller.exception() is not None:
                self._forget(credential, lookup)

    def _forget(self, credential: Credential, lookup: _Lookup) -> None:
        with self._lock:
            if self._lookups.get(credential) is lookup:
                del self._lookups[credential]
