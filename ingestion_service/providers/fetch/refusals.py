"""What the answers of several sources have in common: statuses, refused keys, used-up quotas, JSON that is none."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from typing import Any, TypeVar

from common.domain.currencies import UNKNOWN_CURRENCY
from common.domain.errors import ProviderUnavailable
from ingestion_service.providers.base import NothingUsable, Refused, TooFast, TransientFailure

T = TypeVar("T")
REFUSED_FOR_S = 900
"""A key that is refused, or a plan that has not what is asked, is not mended within minutes."""
QUOTA_FOR_S = 60
"""Where a source does not say when its quota is renewed: most count by the minute."""
_OF_THE_QUESTION = {400, 404, 414, 422}
"""Statuses about this ticker or these parameters: the source may still answer for other tickers."""
_CURRENCY = re.compile(r"\A[A-Za-z]{3}\Z")
_BROKEN = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError, csv.Error)
"""What reading breaks in where an answer has another form; pandas' own errors are ValueErrors."""


def raise_for_status(source: str, status: int, retry_after_s: int | None) -> None:
    """Raise :class:`ProviderUnavailable` for every status but 200; the text names no address and no key."""
    if status == 429:
        raise over_quota(source, retry_after_s)
    if status in {401, 403, 410}:
        raise refused(source, retry_after_s)
    if status >= 500 and retry_after_s is None:
        raise TransientFailure(f"{source} answered with status {status}.")
    if status in _OF_THE_QUESTION:
        raise NothingUsable(f"{source} answered with status {status}.", retry_after_s=retry_after_s)
    if status != 200:
        raise ProviderUnavailable(f"{source} answered with status {status}.", retry_after_s=retry_after_s)


def over_quota(source: str, retry_after_s: int | None = None) -> ProviderUnavailable:
    """The failure where a source says that enough was asked."""
    return ProviderUnavailable(f"{source}'s request quota is used up.", retry_after_s=retry_after_s or QUOTA_FOR_S)


def refused(source: str, retry_after_s: int | None = None) -> Refused:
    """The failure where a source does not take the key, or not for this."""
    return Refused(
        f"{source} refused the key, or its plan has no such prices.", retry_after_s=retry_after_s or REFUSED_FOR_S
    )


def too_fast(source: str) -> TooFast:
    """The failure where a source refuses more than a few calls in a second."""
    return TooFast(f"{source} received too many requests within a second.", retry_after_s=1)


def nothing_for(source: str, ticker: str) -> NothingUsable:
    """The failure where an answer is empty: this does not prove that the ticker is unknown."""
    return NothingUsable(f"{source} returned an empty answer for {ticker}.")


def is_empty(body: bytes) -> bool:
    """Return whether a body holds nothing at all, in whichever form."""
    return body.removeprefix(b"\xef\xbb\xbf").strip() in {b"", b"[]", b"null", b"None", b'""'}


def no_table(source: str) -> ProviderUnavailable:
    """The failure where an answer is no prices, and nothing else that the source is known to say."""
    return ProviderUnavailable(f"{source}'s answer is not a price table.")


def understood(source: str, read: Callable[[], T]) -> T:
    """Return what ``read`` makes of an answer.

    Raises:
        ProviderUnavailable: the answer is no table. It has no cause: that may quote the answer, and this the key.
    """
    try:
        return read()
    except _BROKEN:
        pass  # and out of here, where the failure would have a context
    raise no_table(source)


def currency(source: str, named: Any) -> str:
    """Return the currency that an answer names: it is stored and shown, so that it must be one.

    Raises:
        ProviderUnavailable: it is none.
    """
    if not named or (isinstance(named, str) and not named.strip()):
        return UNKNOWN_CURRENCY
    if not (isinstance(named, str) and _CURRENCY.match(named)):
        raise no_table(source)
    return named


def json_object(source: str, body: bytes) -> dict[str, Any]:
    """Read an answer that should be a JSON object.

    Raises:
        ProviderUnavailable: it is none.
    """
    answer = understood(source, lambda: json.loads(body))
    if not isinstance(answer, dict):
        raise no_table(source)
    return answer
