"""A cache of callers that were looked up a moment ago, so that a busy client does not ask the store each time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

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
        self._valid: dict[Credential, None] = {}

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

    def is_known(self, credential: Credential) -> bool:
        """Return whether the credential was valid at its last lookup, or is being looked up now."""
        with self._lock:
            return credential in self._valid or credential in self._lookups

    def _begin(self, credential: Credential, now: float) -> _Lookup:
        self._lookups.pop(credential, None)
        _make_room(self._lookups)
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
            self._note(credential, lookup)

    def _note(self, credential: Credential, lookup: _Lookup) -> None:
        failure = lookup.caller.exception()
        with self._lock:
            if failure is not None and self._lookups.get(credential) is lookup:
                del self._lookups[credential]
            if not isinstance(failure, StoreUnavailable):
                self._valid.pop(credential, None)
            if failure is None:
                _make_room(self._valid)
                self._valid[credential] = None


def _make_room(kept: dict[Credential, Any]) -> None:
    """Remove the oldest entry of a full dictionary."""
    if len(kept) >= MOST_CALLERS:
        del kept[next(iter(kept))]
