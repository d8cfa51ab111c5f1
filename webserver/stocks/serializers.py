"""What is said of a ticker's stored prices, as JSON."""

from __future__ import annotations

from datetime import date

from flask import Response
from pydantic import BaseModel

from common.domain.dates import is_stale
from common.domain.errors import (
    Busy,
    DeadlineExceeded,
    ForecastFailed,
    ImplausiblePrices,
    InvalidTicker,
    NotFound,
    ProviderUnavailable,
    TooLittleData,
    UnknownTicker,
)
from common.s3.objects import StoredFacts
from webserver.http.operations import OperationResponse
from webserver.schemas import StoredTicker

COMMAND_ANSWERS = {
    200: OperationResponse("Prices of this ticker were already stored. They are up to date now.", (StoredTicker,)),
    201: OperationResponse("The prices are stored for the first time.", (StoredTicker,)),
}
COMMAND_PROBLEMS = (
    InvalidTicker,
    UnknownTicker,
    NotFound,
    TooLittleData,
    ImplausiblePrices,
    ForecastFailed,
    Busy,
    ProviderUnavailable,
    DeadlineExceeded,
)
"""How a change of what is stored can fail."""


def entry(ticker: str, facts: StoredFacts, today: date) -> StoredTicker:
    """The facts of a ticker: source, dates, last close and its change, age, and what the checks found."""
    change, change_pct = _change(facts.last_close, facts.previous_close)
    return StoredTicker(
        ticker=ticker,
        source=facts.source,
        currency=facts.currency,
        rows=facts.rows,
        first=facts.first,
        last=facts.last,
        last_close=facts.last_close,
        previous_close=facts.previous_close,
        change=change,
        change_pct=change_pct,
        fetched_at=facts.fetched_at,
        stale=is_stale(facts.last, today),
        version=facts.version,
        dropped=facts.dropped,
        flags=list(facts.flags),
    )


def _change(last: float | None, previous: float | None) -> tuple[float | None, float | None]:
    if last is None or not previous:
        return None, None
    # Ten digits: 430.47 - 441.4 is -10.93 to people.
    return round(last - previous, 10), round((last / previous - 1) * 100, 4)


def json_response(body: BaseModel, status: int = 200) -> Response:
    """OperationResponse with JSON that nobody keeps."""
    response = Response(body.model_dump_json(), status=status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
