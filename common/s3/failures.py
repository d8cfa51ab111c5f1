"""S3's failures as ours.

An outage ends without a change of settings. A refusal lasts until settings, rights or the store are repaired.
"""

from __future__ import annotations

import logging

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    TokenRetrievalError,
)

from common.domain.errors import Busy
from common.runtime.log_limits import LogLimit

_CANNOT_BE_REACHED = "The price store cannot be reached at the moment; please try again."
_REFUSES = (
    "The price store refuses requests at the moment. Try again in a few minutes; "
    "if it lasts, its operator has to repair its settings."
)
REFUSED_RETRY_S = 30
_REFUSALS = (
    CredentialRetrievalError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    TokenRetrievalError,
)
_PASSING_CODES = {"RequestTimeout", "RequestTimeoutException", "SlowDown", "Throttling", "OperationAborted"}
_PASSING_STATUSES = {408, 409, 412, 425, 429}
_NOT_IMPLEMENTED = 501
_log = logging.getLogger(__name__)
_log_limit = LogLimit(_log)


class StoreRefuses(Busy):
    """S3 answers and refuses the call: a repetition helps only after its settings are repaired."""


def failure_of(exc: Exception) -> Busy:
    """Log an exception of S3's client, once a period for each code, and return the failure that it is for us."""
    is_refusal = _is_refusal(exc)
    _log_once(is_refusal=is_refusal, code=_described(exc))
    return _refusal() if is_refusal else Busy(_CANNOT_BE_REACHED)


def ignores_conditions() -> StoreRefuses:
    """Log that the store overwrote an object against the put's condition; return the failure."""
    _log_once(is_refusal=True, code="PutObject: conditional puts (If-None-Match) are ignored")
    return _refusal()


def error_code(error: ClientError) -> str:
    """Return the code of S3's answer; for an answer without a body, its status."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _refusal() -> StoreRefuses:
    return StoreRefuses(_REFUSES, retry_after_s=REFUSED_RETRY_S)


def _is_refusal(exc: Exception) -> bool:
    if not isinstance(exc, ClientError):
        return isinstance(exc, _REFUSALS)
    status = _status(exc)
    if error_code(exc) in _PASSING_CODES or status in _PASSING_STATUSES:
        return False
    return 300 <= status < 500 or status == _NOT_IMPLEMENTED


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _described(exc: Exception) -> str:
    """The operation, the code and the status. Not the message: it may hold an access key's id."""
    if isinstance(exc, ClientError):
        return f"{exc.operation_name}: {error_code(exc)} (HTTP {_status(exc)})"
    if isinstance(exc, BotoCoreError) and isinstance(exc, _REFUSALS):
        return f"{type(exc).__name__}: {exc}"
    return type(exc).__name__


def _log_once(*, is_refusal: bool, code: str) -> None:
    what, level = ("refuses", logging.ERROR) if is_refusal else ("cannot be reached or fails", logging.WARNING)
    _log_limit.log(level, code, "S3 %s: %s", what, code)
