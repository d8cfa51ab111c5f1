"""Failures that the responses of several providers share: by status, rejected keys, used-up quotas, invalid bodies."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from typing import Any, TypeVar

from common.domain.errors import ProviderUnavailable
from common.domain.markets.currencies import UNKNOWN_CURRENCY, normalise_currency
from ingestion_service.providers.base import NothingUsable, Refused, TooFast, TransientFailure

T = TypeVar("T")
REFUSED_FOR_S = 900
"""Seconds to pause after a rejected key or plan, which is rarely repaired within minutes."""
QUOTA_FOR_S = 60
"""Seconds to pause after a used-up quota if the provider names no time: most quotas are for a minute."""
_TICKER_STATUSES = {400, 404, 414, 422}
"""Statuses about this ticker or these parameters; other tickers may still work."""
_CURRENCY = re.compile(r"\A[A-Za-z]{3}\Z")
_PARSING_ERRORS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError, csv.Error)
"""The exceptions of parsing an unknown format; those of pandas are ValueErrors."""


def raise_for_status(provider: str, status: int, retry_after_s: int | None) -> None:
    """Raise :class:`ProviderUnavailable` for every status but 200. The text contains no address and no key."""
    if status == 429:
        raise quota_failure(provider, retry_after_s)
    if status in {401, 403, 410}:
        raise rejected_key_failure(provider, retry_after_s)
    if status >= 500 and retry_after_s is None:
        raise TransientFailure(f"{provider} answered with status {status}.")
    if status in _TICKER_STATUSES:
        raise NothingUsable(f"{provider} answered with status {status}.", retry_after_s=retry_after_s)
    if status != 200:
        raise ProviderUnavailable(f"{provider} answered with status {status}.", retry_after_s=retry_after_s)


def quota_failure(provider: str, retry_after_s: int | None = None) -> ProviderUnavailable:
    """Return the failure for a used-up quota."""
    return ProviderUnavailable(f"{provider}'s request quota is used up.", retry_after_s=retry_after_s or QUOTA_FOR_S)


def rejected_key_failure(provider: str, retry_after_s: int | None = None) -> Refused:
    """Return the failure for a rejected key or plan."""
    return Refused(
        f"{provider} refused the key, or its plan has no such prices.", retry_after_s=retry_after_s or REFUSED_FOR_S
    )


def burst_failure(provider: str) -> TooFast:
    """Return the failure for too many calls within a second."""
    return TooFast(f"{provider} received too many requests within a second.", retry_after_s=1)


def empty_answer_failure(provider: str, ticker: str) -> NothingUsable:
    """Return the failure for an empty response, which does not prove that the ticker is unknown."""
    return NothingUsable(f"{provider} returned an empty answer for {ticker}.")


def is_empty(body: bytes) -> bool:
    """Return whether a body is empty, or an empty JSON value."""
    return body.removeprefix(b"\xef\xbb\xbf").strip() in {b"", b"[]", b"null", b"None", b'""'}


def no_table_failure(provider: str) -> ProviderUnavailable:
    """Return the failure for a response that is neither prices nor a known error."""
    return ProviderUnavailable(f"{provider}'s answer is not a price table.")


def read_or_raise(provider: str, read: Callable[[], T]) -> T:
    """Return the result of ``read``, which parses a response.

    Raises:
        ProviderUnavailable: the response is not a table. The failure has no cause, whose text may contain the key.
    """
    try:
        return read()
    except _PARSING_ERRORS:
        pass  # raised below, the failure has no context
    raise no_table_failure(provider)


def parse_currency(provider: str, named: Any) -> str:
    """Return the currency in a response, in its one spelling; the code for an unknown currency if it names none.

    Raises:
        ProviderUnavailable: the value is not a currency code. It would be stored and shown.
    """
    if not named or (isinstance(named, str) and not named.strip()):
        return UNKNOWN_CURRENCY
    if not (isinstance(named, str) and _CURRENCY.match(named)):
        raise no_table_failure(provider)
    return normalise_currency(named)


def parse_json_object(provider: str, body: bytes) -> dict[str, Any]:
    """Parse a response that should be a JSON object.

    Raises:
        ProviderUnavailable: it is not one.
    """
    response = read_or_raise(provider, lambda: json.loads(body))
    if not isinstance(response, dict):
        raise no_table_failure(provider)
    return response
