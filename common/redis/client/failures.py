"""Redis's failures as ours, for the modules that talk to it.

An outage passes by itself. A refusal lasts until its cause is repaired: a full Redis, one that is a replica, one
without scripting, or a user without rights. Both are logged with Redis's own words, once a period.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    BusyLoadingError,
    ClusterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import TimeoutError as NoReply

from common.domain.errors import Busy
from common.runtime.log_limits import LogLimit

_CANNOT_BE_REACHED = "The service's memory cannot be reached at the moment; please try again."
_REFUSES = (
    "The service cannot store requests at the moment. Try again in a few minutes; "
    "if it lasts, its operator has to repair its Redis."
)
_FAILED = "The service's memory could not carry this request out; please try again."
REFUSED_RETRY_S = 30
MOST_LOGGED = 200
"""Characters of Redis's own words in a log line."""
_REFUSALS = (AuthenticationError, AuthorizationError, NoPermissionError, OutOfMemoryError, ReadOnlyError)
_OUTAGES = (BusyLoadingError, ClusterDownError, NoConnection, NoReply, OSError)
_REFUSING_WORDS = ("MISCONF", "NOREPLICAS", "NOTREADY", "unknown command", "Unknown Redis command", "CROSSSLOT")
"""Words in replies that mean that Redis would refuse every request; they have no exception class of their own."""
_PASSING_WORDS = ("BUSY ", "UNKILLABLE", "TRYAGAIN")
_log = logging.getLogger(__name__)
_log_limit = LogLimit()


class RedisAway(Busy):
    """Redis cannot be reached. A service leaves the request at hand to its lease and does not end it for this."""


class RedisRefuses(RedisAway):
    """Redis answers and refuses the call: a repetition helps only after its settings are repaired."""

    def __init__(self, detail: str | None = None, *, retry_after_s: int | None = REFUSED_RETRY_S) -> None:
        super().__init__(detail or _REFUSES, retry_after_s=retry_after_s)


@contextmanager
def translated() -> Iterator[None]:
    """Raise Redis's failures as ours.

    Raises:
        RedisRefuses: Redis answers, and refuses until it is repaired.
        RedisAway: it cannot be reached.
        Busy: it could not carry this one request out.
    """
    try:
        yield
    except (RedisError, OSError) as exc:
        raise failure_of(exc) from exc


def failure_of(exc: Exception) -> Busy:
    """Log an exception of Redis's, at most once a period for each code, and return the failure that it is for us."""
    if isinstance(exc, _REFUSALS) or _contains(exc, _REFUSING_WORDS):
        _log_once(logging.ERROR, "Redis refuses", exc)
        return RedisRefuses()
    if isinstance(exc, _OUTAGES) or _contains(exc, _PASSING_WORDS):
        _log_once(logging.WARNING, "Redis cannot be reached", exc)
        return RedisAway(_CANNOT_BE_REACHED)
    _log_once(logging.ERROR, "Redis could not carry a request out", exc)
    return Busy(_FAILED)


def _contains(exc: Exception, words: tuple[str, ...]) -> bool:
    return isinstance(exc, ResponseError) and any(word in str(exc) for word in words)


def code_of(exc: Exception) -> str:
    """Return Redis's own code, such as READONLY; the class's name where the reply has none, or there is no reply."""
    return str(getattr(exc, "status_code", None) or type(exc).__name__)


def _log_once(level: int, what: str, exc: Exception) -> None:
    code = code_of(exc)
    if (repeated := _log_limit.allows((what, code))) is not None:
        words = " ".join(str(exc).split())[:MOST_LOGGED]
        _log.log(level, "%s: %s: %s (%d more since the last such line)", what, code, words, repeated)
