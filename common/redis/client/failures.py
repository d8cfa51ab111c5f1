"""Translation of exceptions of Redis and its client to the project's failures.

An outage ends by itself. A refusal lasts until its cause is repaired: Redis is full, a replica or without scripting, or
its user lacks rights. Both are logged with the text of Redis, once a period.
"""

from __future__ import annotations

import logging
import re
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

_CANNOT_BE_REACHED = "The service's memory cannot be reached. Try again in a moment."
_REFUSES = (
    "The service cannot store requests at the moment. Try again in a few minutes; "
    "if it lasts, its operator has to repair its Redis."
)
_FAILED = "The service's memory could not carry this request out. Try again."
REFUSED_RETRY_S = 30
MOST_LOGGED = 200
"""The most characters of Redis's text in a log line."""
_REFUSALS = (AuthenticationError, AuthorizationError, NoPermissionError, OutOfMemoryError, ReadOnlyError)
_OUTAGES = (BusyLoadingError, ClusterDownError, NoConnection, NoReply, OSError)
_REFUSING_WORDS = ("MISCONF", "NOREPLICAS", "NOTREADY", "unknown command", "Unknown Redis command", "CROSSSLOT")
"""Words in the replies of a refusing Redis for which the client has no exception class."""
_REFUSING_CODES = {"READONLY", "OOM", "NOPERM", "NOAUTH", "WRONGPASS"}
_CODE_IN_SCRIPT = re.compile(r"@user_script: ?\d+: -([A-Z]+) ")
"""Redis before version 7 puts the code of a failed command into the text of the script's error."""
_PASSING_WORDS = ("BUSY ", "UNKILLABLE", "TRYAGAIN")
_log = logging.getLogger(__name__)
_log_limit = LogLimit(_log)


class RedisAway(Busy):
    """Redis cannot be reached. A service then cannot end its request; the request's lease runs out."""


class RedisRefuses(RedisAway):
    """Redis refuses the call: a retry helps only after the cause is repaired."""


@contextmanager
def redis_call() -> Iterator[None]:
    """Translate the exceptions of Redis's client in the block to failures.

    Raises:
        RedisRefuses: Redis refuses until its cause is repaired.
        RedisAway: Redis cannot be reached.
        Busy: Redis could not execute this call.
    """
    try:
        yield
    except (RedisError, OSError) as exc:
        raise translate_error(exc) from exc


def translate_error(exc: Exception) -> Busy:
    """Return the failure for an exception; log the exception, once a period for each code."""
    if is_refusal(exc):
        _log_once(logging.ERROR, "Redis refuses", exc)
        return RedisRefuses(_REFUSES, retry_after_s=REFUSED_RETRY_S)
    if isinstance(exc, _OUTAGES) or _contains(exc, _PASSING_WORDS):
        _log_once(logging.WARNING, "Redis cannot be reached", exc)
        return RedisAway(_CANNOT_BE_REACHED)
    _log_once(logging.ERROR, "Redis could not carry a request out", exc)
    return Busy(_FAILED)


def is_refusal(exc: Exception) -> bool:
    """Return whether Redis refuses until the cause is repaired."""
    return isinstance(exc, _REFUSALS) or _contains(exc, _REFUSING_WORDS) or code_of(exc) in _REFUSING_CODES


def _contains(exc: Exception, words: tuple[str, ...]) -> bool:
    return isinstance(exc, ResponseError) and any(word in str(exc) for word in words)


def code_of(exc: Exception) -> str:
    """Return the code of Redis's reply, such as READONLY; the name of the exception if there is none."""
    if in_script := _CODE_IN_SCRIPT.search(str(exc)):
        return in_script[1]
    return str(getattr(exc, "status_code", None) or type(exc).__name__)


def _log_once(level: int, what: str, exc: Exception) -> None:
    code, words = code_of(exc), " ".join(str(exc).split())[:MOST_LOGGED]
    _log_limit.log(level, (what, code), "%s: %s: %s", what, code, words)
