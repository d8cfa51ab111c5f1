"""The failures of a request, each with a stable code and a text for a person.

The classes, by cause::

    Failure
    ├── BadRequest            the request is wrong: an unchanged retry cannot succeed
    │   ├── InvalidTicker         invalid_ticker
    │   ├── InvalidDays           invalid_days
    │   ├── InvalidRequest        invalid_request
    │   ├── UnknownModel          unknown_model
    │   ├── InvalidPattern        invalid_pattern
    │   ├── RequestConflict       request_conflict
    │   ├── SourceConflict        source_conflict
    │   ├── InvalidFile           invalid_file
    │   ├── InvalidRows           invalid_rows
    │   ├── AmbiguousDates        ambiguous_dates
    │   ├── AmbiguousNumbers      ambiguous_numbers
    │   ├── Unauthenticated       unauthenticated
    │   ├── Forbidden             forbidden
    │   ├── NotFinished           not_finished
    │   ├── NotFound              not_found
    │   └── NoCompanyFacts        no_company_facts
    ├── BadData               no forecast can be made from the available prices
    │   ├── UnknownTicker         unknown_ticker
    │   ├── TooLittleData         too_little_data
    │   ├── FieldUnavailable      field_unavailable
    │   ├── ImplausiblePrices     implausible_prices
    │   ├── UnusableWindow        unusable_window
    │   └── NotDaily              not_daily
    ├── ReportTooLarge        report_too_large
    └── Unavailable           the service cannot answer now: a later retry may succeed
        ├── ProviderUnavailable   provider_unavailable
        ├── Busy                  busy (overload, or a dependency that cannot be reached)
        ├── RateLimited           rate_limited
        ├── StoreUnavailable      store_unavailable
        ├── DeadlineExceeded      deadline_exceeded
        ├── ForecastFailed        forecast_failed
        ├── WorkerCrashed         worker_crashed
        ├── CompanyFactsOff       company_facts_off
        ├── NoMarketBoard         no_market_board
        ├── UnreadableMarketBoard unreadable_market_board
        ├── LanguageModelUnavailable language_model_unavailable
        ├── LanguageModelOverBudget  language_model_over_budget
        ├── ModelTextRefused      model_text_refused
        ├── NewsUnavailable       news_unavailable
        ├── NoNewsSource          no_news_source
        └── Cancelled             cancelled
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

TICKER_RULE = (
    "A ticker has 1 to 24 letters, digits or . - = ^ & _ and begins with a letter, a digit or ^, such as AAPL or BRK-B."
)


class Failure(Exception):
    """A failure with a ``code`` for programs and a ``detail`` for people.

    Clients see ``detail``: what happened, then what to do. It never contains a key, an internal URL or the text
    of a library's exception.
    """

    code: ClassVar[str] = "forecast_failed"
    default_detail: ClassVar[str] = "The forecast failed. Try again later."

    def __init__(self, detail: str | None = None, *, retry_after_s: int | None = None) -> None:
        super().__init__(detail or self.default_detail, retry_after_s)
        self.detail = detail or self.default_detail
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        return self.detail

    def __reduce__(self) -> tuple[object, ...]:
        """Return the parts for pickling: worker processes send failures to their parent."""
        return _restore_failure, (type(self), self.detail, self.retry_after_s)


def _restore_failure(kind: type[Failure], detail: str, retry_after_s: int | None) -> Failure:
    return kind(detail, retry_after_s=retry_after_s)


class BadRequest(Failure):
    """The request is wrong."""


class InvalidTicker(BadRequest):
    """The ticker does not match the grammar in :mod:`common.domain.questions`."""

    code = "invalid_ticker"
    default_detail = f"This is not a valid ticker. {TICKER_RULE}"


class InvalidDays(BadRequest):
    """The horizon is not a whole number within the limits."""

    code = "invalid_days"
    default_detail = "This number of days is not valid. Use a whole number from 1 to 10000."


class InvalidRequest(BadRequest):
    """Another error in the request: not JSON, a wrong type, too large."""

    code = "invalid_request"
    default_detail = "The request is not valid. Compare it with the description of the API."


class UnknownModel(BadRequest):
    """The forecast service has no model of this name."""

    code = "unknown_model"
    default_detail = "No model has this name. Compare it with the models in the description of the API."


class InvalidPattern(BadRequest):
    """A pattern of a search is not valid: its grammar, its name, its threshold or its window."""

    code = "invalid_pattern"
    default_detail = "This pattern is not valid. Write candles such as G G G R, or a name such as hammer."


class RequestConflict(BadRequest):
    """The request id was used before, for another question."""

    code = "request_conflict"
    default_detail = "This request id was used for another question. Use a new id."


class SourceConflict(BadRequest):
    """The stored prices are of another source, and prices of two sources are never mixed."""

    code = "source_conflict"
    default_detail = "The stored prices are of another source. Remove them first, or use another ticker."


class InvalidFile(BadRequest):
    """An uploaded file cannot be read as a table of prices."""

    code = "invalid_file"
    default_detail = "The file is no table of prices. Send CSV or JSON with the columns date and close."


@dataclass(frozen=True)
class FaultyRow:
    """A row of an uploaded file that cannot be stored: its line, or its position in a JSON list, and the reason."""

    line: int
    detail: str


class InvalidRows(BadRequest):
    """Rows of an uploaded file cannot be stored, so nothing was."""

    code = "invalid_rows"
    default_detail = "Some rows cannot be stored, so nothing was. Correct them, or send partial=true."

    def __init__(
        self,
        detail: str | None = None,
        *,
        retry_after_s: int | None = None,
        rows: Sequence[FaultyRow] = (),
        count: int = 0,
    ) -> None:
        super().__init__(detail, retry_after_s=retry_after_s)
        self.rows = tuple(rows)
        self.count = count


class AmbiguousDates(BadRequest):
    """The dates of an uploaded file can be read in two orders."""

    code = "ambiguous_dates"
    default_detail = "The dates can be read with the day or the month first. Send date_order=dmy or date_order=mdy."


class AmbiguousNumbers(BadRequest):
    """The numbers of an uploaded file can be read with two decimal marks."""

    code = "ambiguous_numbers"
    default_detail = "The numbers can be read with two decimal marks. Send decimal=point or decimal=comma."


class Unauthenticated(BadRequest):
    """The request needs credentials, or its credentials are not valid."""

    code = "unauthenticated"
    default_detail = "This needs an account. Log in, or send an API token as Authorization: Bearer TOKEN."


class Forbidden(BadRequest):
    """The caller is known, and lacks a scope."""

    code = "forbidden"
    default_detail = "This needs a scope that the token does not have. Use a token with the scope."


class NotFinished(BadRequest):
    """The request with this id has not ended."""

    code = "not_finished"
    default_detail = "This forecast is not finished. Wait until it is done, and try again."


class NotFound(BadRequest):
    """No data exists for this id or address."""

    code = "not_found"
    default_detail = "No forecast has this id. Results expire after an hour; request the forecast again."


class NoCompanyFacts(BadRequest):
    """The source of company facts has no company with this ticker."""

    code = "no_company_facts"
    default_detail = "The SEC has no company with this ticker. It has the companies that report to it, mostly American."


class BadData(Failure):
    """No forecast can be made from the available prices."""


class UnknownTicker(BadData):
    """No price source that answered has the ticker."""

    code = "unknown_ticker"
    default_detail = "No price source has this ticker. Check the spelling or search by company name."


class TooLittleData(BadData):
    """The series is shorter than the model needs."""

    code = "too_little_data"
    default_detail = "The price history of this ticker is too short for a forecast. Choose another ticker."


class FieldUnavailable(BadData):
    """The prices lack the field of the question on too many days."""

    code = "field_unavailable"
    default_detail = "The prices of this ticker lack this field on too many days. Choose the close, or another field."


class ImplausiblePrices(BadData):
    """The prices change their unit, or are outside every plausible range."""

    code = "implausible_prices"
    default_detail = "The prices of this ticker are implausible, so no forecast was made. Refresh the prices."


class UnusableWindow(BadData):
    """The window of a shape is flat, too short or too long, or not within the prices."""

    code = "unusable_window"
    default_detail = "This part of the prices cannot be searched for. Mark 10 to 250 trading days in which they move."


class NotDaily(BadData):
    """The prices are weekly, monthly or rare, and the analysis is one of trading days."""

    code = "not_daily"
    default_detail = "These prices are not daily. A pattern search needs daily ones."


class ReportTooLarge(Failure):
    """A report would take more memory than a result may."""

    code = "report_too_large"
    default_detail = "This report is too large. Request a report of fewer forecasts."


class Unavailable(Failure):
    """A service or one of its dependencies cannot answer now; a later retry may succeed."""


class ProviderUnavailable(Unavailable):
    """No price source could be reached, and no prices are stored."""

    code = "provider_unavailable"
    default_detail = "No price source could be reached, and no prices of this ticker are stored. Try again later."


class Busy(Unavailable):
    """The service is overloaded, or one of its dependencies cannot be reached."""

    code = "busy"
    default_detail = "The service is busy. Try again in a moment."

    def __init__(self, detail: str | None = None, *, retry_after_s: int | None = 1) -> None:
        super().__init__(detail, retry_after_s=retry_after_s)


class RateLimited(Unavailable):
    """The client sent more requests than its limit allows."""

    code = "rate_limited"
    default_detail = "The limit of requests is reached. Wait for the time in Retry-After, then try again."


class StoreUnavailable(Unavailable):
    """The SQL store cannot be used, or there is none. Forecasts do not need it."""

    code = "store_unavailable"
    default_detail = "Accounts and lists cannot be read or written now. Forecasts still work. Try again later."


class DeadlineExceeded(Unavailable):
    """The request did not finish by its deadline."""

    code = "deadline_exceeded"
    default_detail = "The forecast was not finished in time. Try again."


class ForecastFailed(Unavailable):
    """The model failed unexpectedly."""

    code = "forecast_failed"


class WorkerCrashed(Unavailable):
    """The worker process ended unexpectedly in each attempt of the request."""

    code = "worker_crashed"
    default_detail = "The forecast was started several times and failed each time. Try again later."


class CompanyFactsOff(Unavailable):
    """Company facts are not fetched, because the operator gave the source no contact."""

    code = "company_facts_off"
    default_detail = (
        "Company facts are off. The SEC asks every caller for a contact: set SEC_CONTACT to a name and a mail address."
    )


class NoMarketBoard(Unavailable):
    """No nightly run has ended complete yet."""

    code = "no_market_board"
    default_detail = (
        "There is no board of the market yet. The nightly run makes it, and ./run_app.sh market makes it now."
    )


class UnreadableMarketBoard(Unavailable):
    """The board is damaged, or has a schema of another release."""

    code = "unreadable_market_board"
    default_detail = "The board of the market cannot be read. Make it again: ./run_app.sh market --anew."


class LanguageModelUnavailable(Unavailable):
    """The language model gave no text, so that the sentences of the templates stand in."""

    code = "language_model_unavailable"
    default_detail = "The language model did not answer. The sentences are made without it. Try again in a minute."


class LanguageModelOverBudget(Unavailable):
    """The tokens of the day are used up, so that the sentences of the templates stand in."""

    code = "language_model_over_budget"
    default_detail = (
        "The language model's tokens of today are used up. The sentences are made without it until tomorrow."
    )


class ModelTextRefused(Unavailable):
    """The language model's text failed a check, so that the sentences of the templates stand in."""

    code = "model_text_refused"
    default_detail = "The language model's text failed a check and is not shown. The sentences are made without it."


class NewsUnavailable(Unavailable):
    """No source of news answered, and no headlines are stored."""

    code = "news_unavailable"
    default_detail = "No source of news answered. Try again later."


class NoNewsSource(Unavailable):
    """No source with news has a key."""

    code = "no_news_source"
    default_detail = "News need a source with a key: set TIINGO_API_KEY, FINNHUB_API_KEY or ALPHA_VANTAGE_API_KEY."


class Cancelled(Unavailable):
    """The client cancelled the request."""

    code = "cancelled"
    default_detail = "The request was cancelled. Send it again if you need the forecast."


def _list_leaves(kind: type[Failure]) -> list[type[Failure]]:
    below = kind.__subclasses__()
    return [leaf for child in below for leaf in _list_leaves(child)] if below else [kind]


FAILURES_BY_CODE: dict[str, type[Failure]] = {kind.code: kind for kind in _list_leaves(Failure)}
"""The class of each stable code."""


def make_failure(code: str, detail: str | None = None, retry_after_s: int | None = None) -> Failure:
    """Return the failure that was sent or stored as ``code``; an unknown code becomes a ``ForecastFailed``."""
    return FAILURES_BY_CODE.get(code, ForecastFailed)(detail, retry_after_s=retry_after_s)
