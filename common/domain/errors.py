"""Every way in which a request can end badly, each with a stable code and a sentence for a person.

The tree, by whose fault it is::

    Failure
    ├── BadRequest            the client's: asking again unchanged cannot help
    │   ├── InvalidTicker         invalid_ticker
    │   ├── InvalidDays           invalid_days
    │   ├── InvalidRequest        invalid_request
    │   ├── RequestConflict       request_conflict
    │   └── NotFound              not_found
    ├── BadData               the world's: no forecast can be made of what there is
    │   ├── UnknownTicker         unknown_ticker
    │   ├── TooLittleData         too_little_data
    │   └── ImplausiblePrices     implausible_prices
    └── Unavailable           ours: the same question may succeed later
        ├── ProviderUnavailable   provider_unavailable
        ├── Busy                  busy (overload, or a part that cannot be reached)
        ├── RateLimited           rate_limited
        ├── DeadlineExceeded      deadline_exceeded
        ├── ForecastFailed        forecast_failed
        ├── WorkerCrashed         worker_crashed
        └── Cancelled             cancelled
"""

from __future__ import annotations

from typing import ClassVar


class Failure(Exception):
    """A typed end of a request: ``code`` for programs, ``detail`` for people.

    ``detail`` is shown to clients: it never carries a key, a URL or a foreign exception's text.
    """

    code: ClassVar[str] = "forecast_failed"
    default_detail: ClassVar[str] = "The forecast could not be made."

    def __init__(self, detail: str | None = None, *, retry_after_s: int | None = None) -> None:
        super().__init__(detail or self.default_detail, retry_after_s)
        self.detail = detail or self.default_detail
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        return self.detail

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the pipe between a pool worker and its parent."""
        return _restored, (type(self), self.detail, self.retry_after_s)


def _restored(kind: type[Failure], detail: str, retry_after_s: int | None) -> Failure:
    return kind(detail, retry_after_s=retry_after_s)


class BadRequest(Failure):
    """The request itself is wrong."""


class InvalidTicker(BadRequest):
    """The ticker is not of the grammar in :mod:`common.domain.questions`."""

    code = "invalid_ticker"
    default_detail = (
        "A ticker is 1 to 24 letters, digits or . - = ^ & _, such as AAPL or BRK-B; "
        "it begins with a letter, a digit or ^."
    )


class InvalidDays(BadRequest):
    """The horizon is not a whole number between the limits."""

    code = "invalid_days"
    default_detail = "Days must be a whole number from 1 to 10000."


class InvalidRequest(BadRequest):
    """Anything else that is wrong with a request: not JSON, a wrong type, too large."""

    code = "invalid_request"
    default_detail = "The request could not be understood."


class RequestConflict(BadRequest):
    """A request id was used again with another question."""

    code = "request_conflict"
    default_detail = "This request id was used for another question; take a new id."


class NotFound(BadRequest):
    """Nothing is kept under this id or address."""

    code = "not_found"
    default_detail = "There is nothing here; results are kept for an hour."


class BadData(Failure):
    """No forecast can be made of the data that exists."""


class UnknownTicker(BadData):
    """Every source that answered says that it does not know the ticker."""

    code = "unknown_ticker"
    default_detail = "No price source knows this ticker."


class TooLittleData(BadData):
    """The series is shorter than the model needs."""

    code = "too_little_data"
    default_detail = "There are too few prices of this ticker for a forecast."


class ImplausiblePrices(BadData):
    """The prices cannot all be in one unit, or lie beyond every sensible range."""

    code = "implausible_prices"
    default_detail = "The prices of this ticker are implausible, so no forecast is made from them. Refresh the prices."


class Unavailable(Failure):
    """Something of ours, or behind us, cannot serve now; asking again later may help."""


class ProviderUnavailable(Unavailable):
    """No price source could be asked, and nothing is stored."""

    code = "provider_unavailable"
    default_detail = "No price source could be reached, and no prices are stored for this ticker yet."


class Busy(Unavailable):
    """Too much work, or a part of the service that cannot be reached at the moment."""

    code = "busy"
    default_detail = "The service is busy; please try again in a moment."

    def __init__(self, detail: str | None = None, *, retry_after_s: int | None = 1) -> None:
        super().__init__(detail, retry_after_s=retry_after_s)


class RateLimited(Unavailable):
    """The client asks too often."""

    code = "rate_limited"
    default_detail = "Too many requests; please slow down."


class DeadlineExceeded(Unavailable):
    """The request's time ran out before its end."""

    code = "deadline_exceeded"
    default_detail = "The forecast was not ready in time; please try again."


class ForecastFailed(Unavailable):
    """The model failed on this series in a way that it should not have."""

    code = "forecast_failed"


class WorkerCrashed(Unavailable):
    """Each of the attempts that a request is allowed was lost with the process that made it."""

    code = "worker_crashed"
    default_detail = "The forecast was started several times and lost each time; it was given up."


class Cancelled(Unavailable):
    """The request was cancelled by the one who sent it."""

    code = "cancelled"
    default_detail = "The request was cancelled."


def _leaves(kind: type[Failure]) -> list[type[Failure]]:
    below = kind.__subclasses__()
    return [leaf for child in below for leaf in _leaves(child)] if below else [kind]


BY_CODE: dict[str, type[Failure]] = {kind.code: kind for kind in _leaves(Failure)}
"""Each stable code and its class."""


def failure_from(code: str, detail: str | None = None, retry_after_s: int | None = None) -> Failure:
    """Give back the failure that was sent or stored as ``code``; an unknown code is a ``ForecastFailed``."""
    return BY_CODE.get(code, ForecastFailed)(detail, retry_after_s=retry_after_s)
