"""Translation of exceptions of S3's client to the project's failures.

An outage ends by itself. A refusal lasts until the settings, the access rights or the store are repaired.
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

_CANNOT_BE_REACHED = "The price store cannot be reached at the moment. Try again."
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


class StoreRefusal(Busy):
    """S3 refuses the call: a retry helps only after the settings, rights or store are repaired."""


def translate_error(exc: Exception) -> Busy:
    """Return the failure for an exception of S3's client; log the exception, once a period for each code."""
    is_refusal = _is_refusal(exc)
    _log_once(is_refusal=is_refusal, code=_describe(exc))
    return _make_refusal() if is_refusal else Busy(_CANNOT_BE_REACHED)


def ignored_condition_failure() -> StoreRefusal:
    """Return the failure of a store that overwrites an object although the put's condition is false; log it."""
    _log_once(is_refusal=True, code="PutObject: conditional puts (If-None-Match) are ignored")
    return _make_refusal()


def error_code(error: ClientError) -> str:
    """Return the error code of S3's response; for a response without a body, its status."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _make_refusal() -> StoreRefusal:
    return StoreRefusal(_REFUSES, retry_after_s=REFUSED_RETRY_S)


def _is_refusal(exc: Exception) -> bool:
    if not isinstance(exc, ClientError):
        return isinstance(exc, _REFUSALS)
    status = _http_status(exc)
    if error_code(exc) in _PASSING_CODES or status in _PASSING_STATUSES:
        return False
    return 300 <= status < 500 or status == _NOT_IMPLEMENTED


def _http_status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _describe(exc: Exception) -> str:
    """Return the operation, the code and the status, without the message, which may contain an access key's id."""
    if isinstance(exc, ClientError):
        return f"{exc.operation_name}: {error_code(exc)} (HTTP {_http_status(exc)})"
    if isinstance(exc, BotoCoreError) and isinstance(exc, _REFUSALS):
        return f"{type(exc).__name__}: {exc}"
    return type(exc).__name__


def _log_once(*, is_refusal: bool, code: str) -> None:
    what, level = ("refuses", logging.ERROR) if is_refusal else ("cannot be reached or fails", logging.WARNING)
    _log_limit.log(level, code, "S3 %s: %s", what, code)
