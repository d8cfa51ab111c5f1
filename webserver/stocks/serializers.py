"""The JSON of a ticker's stored prices."""

from __future__ import annotations

from datetime import datetime

from flask import Response
from pydantic import BaseModel

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
from common.domain.markets.dates import exchange_day, is_stale
from common.domain.markets.exchanges import NEW_YORK, exchange_of
from common.domain.questions import Interval
from common.s3.objects import StoredFacts
from webserver.http.operations import OperationResponse
from webserver.schemas import StoredInterval, StoredTicker

COMMAND_RESPONSES = {
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
"""The failures of a command about stored prices."""


def stored_ticker(ticker: str, facts: StoredFacts, now: datetime) -> StoredTicker:
    """Return a ticker as the API shows it: its stored facts, the change of its close, its age at ``now``."""
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
        stale=is_stale(facts.last, exchange_day(now, ticker)),
        version=facts.version,
        dropped=facts.dropped,
        flags=list(facts.flags),
    )


def stored_interval(ticker: str, interval: Interval, facts: StoredFacts, now: datetime) -> StoredInterval:
    """Return the prices of one interval as the API shows them. Times within the day are those of New York."""
    time_zone = (exchange_of(ticker) if interval == "1d" else NEW_YORK).time_zone
    return StoredInterval(**dict(stored_ticker(ticker, facts, now)), interval=interval, time_zone=time_zone)


def _change(last: float | None, previous: float | None) -> tuple[float | None, float | None]:
    if last is None or not previous:
        return None, None
    # Rounding removes the binary error: 430.47 - 441.4 is shown as -10.93.
    return round(last - previous, 10), round((last / previous - 1) * 100, 4)


def json_response(body: BaseModel, status: int = 200) -> Response:
    """Return a response with JSON that no cache stores."""
    response = Response(body.model_dump_json(), status=status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
