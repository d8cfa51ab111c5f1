"""The exceptions of the client: one for each code of a problem, and those of the connection."""

from __future__ import annotations


class StockcastError(Exception):
    """The base of all exceptions of this package."""


class ServerUnreachable(StockcastError):
    """The server gave no answer."""


class UnreadableAnswer(StockcastError):
    """The answer is not one of a Stockcast server."""


class UnsupportedByServer(StockcastError):
    """The server has no such route: it is of another version than the client."""


class WaitTimedOut(StockcastError):
    """The result did not come within the ``timeout`` of the call, and the request was cancelled.

    ``request_id`` is its id, or that of the batch.
    """

    def __init__(self, message: str, request_id: str) -> None:
        super().__init__(message)
        self.request_id = request_id


class Problem(StockcastError):
    """The server refused the request, or the request failed.

    Args:
        detail: what happened and what to do, in the server's words.
        code: the stable code of the API.
        status: the HTTP status.
        request_id: the id of the request that ended with this problem; None if only this call failed.
        retry_after_s: the seconds after which the server asks to try again; None without a request for it.
    """

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code
        self.status = status
        self.request_id = request_id
        self.retry_after_s = retry_after_s


class InvalidRequest(Problem):
    """A part of the request is wrong, or unknown to the server."""


class InvalidTicker(InvalidRequest):
    """The text does not have the form of a ticker."""


class InvalidDays(InvalidRequest):
    """The number of days is not a whole number from 1 to 10000."""


class InvalidPattern(InvalidRequest):
    """A pattern of a search is not valid."""


class UnknownModel(InvalidRequest):
    """The server does not have this model."""


class Unauthenticated(Problem):
    """The server needs a valid API token."""


class Forbidden(Problem):
    """The token lacks a scope."""


class NotFound(Problem):
    """Nothing is stored under this id or address."""


class UnknownTicker(NotFound):
    """No price source has this ticker."""


class NoMarketBoard(NotFound):
    """No nightly run over the market has ended yet."""


class RequestConflict(Problem):
    """The id belongs to another question."""


class Cancelled(Problem):
    """The request was cancelled."""


class UnusableData(Problem):
    """The analysis is not possible with the stored prices."""


class TooLittleData(UnusableData):
    """There are too few prices."""


class FieldUnavailable(UnusableData):
    """The prices lack this field."""


class ImplausiblePrices(UnusableData):
    """The prices cannot be right."""


class UnusableWindow(UnusableData):
    """The window of a shape cannot be searched."""


class NotDaily(UnusableData):
    """A search of patterns needs daily prices."""


class NotFinished(Problem):
    """A report needs a finished forecast."""


class RateLimited(Problem):
    """The quota is used up. ``retry_after_s`` tells when it is renewed."""


class RequestFailed(Problem):
    """The analysis failed on the server."""


class Unavailable(Problem):
    """The server or a store cannot handle the request now."""


class ProviderUnavailable(Unavailable):
    """No price source can be reached, and no prices are stored."""


class DeadlineExceeded(Problem):
    """The request did not end before its deadline on the server."""


BY_CODE: dict[str, type[Problem]] = {
    "invalid_request": InvalidRequest,
    "invalid_ticker": InvalidTicker,
    "invalid_days": InvalidDays,
    "invalid_pattern": InvalidPattern,
    "unknown_model": UnknownModel,
    "unauthenticated": Unauthenticated,
    "forbidden": Forbidden,
    "not_found": NotFound,
    "unknown_ticker": UnknownTicker,
    "no_market_board": NoMarketBoard,
    "request_conflict": RequestConflict,
    "source_conflict": RequestConflict,
    "cancelled": Cancelled,
    "too_little_data": TooLittleData,
    "field_unavailable": FieldUnavailable,
    "implausible_prices": ImplausiblePrices,
    "unusable_window": UnusableWindow,
    "not_daily": NotDaily,
    "not_finished": NotFinished,
    "rate_limited": RateLimited,
    "forecast_failed": RequestFailed,
    "worker_crashed": RequestFailed,
    "busy": Unavailable,
    "store_unavailable": Unavailable,
    "provider_unavailable": ProviderUnavailable,
    "unreadable_market_board": Unavailable,
    "deadline_exceeded": DeadlineExceeded,
}
"""The exception of each code. A code that is not in it becomes a :class:`Problem`."""
