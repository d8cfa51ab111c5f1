"""Forecasts for jobs, asked for on the same path as those of people."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from common.domain.errors import DeadlineExceeded
from common.domain.questions import ForecastQuestion
from common.domain.results import Forecast
from common.redis.rate_windows import QuotaCheck
from common.redis.stores import RedisStores
from webserver.request_deadlines import RequestDeadlines
from webserver.requests.record_cache import RecordCache
from webserver.requests.request_access import RequestAccess
from webserver.requests.service import RequestService
from webserver.settings import WebSettings

_MARGIN_S = 1.0
"""Seconds after a request's deadline within which its record becomes failed."""


def make_forecaster(settings: WebSettings, stores: RedisStores) -> Callable[[ForecastQuestion], Forecast]:
    """Return a function that requests a forecast, waits for its end and returns it.

    It counts against no client's quota. It raises the Failure of a failed forecast. One thread may call it at a time.
    """
    service = _forecast_service(settings, stores)

    def forecast(question: ForecastQuestion) -> Forecast:
        record = service.submit(str(uuid4()), question, _MARGIN_S, QuotaCheck(()))
        if not record.ended:
            record = service.wait(record, record.remaining_ms / 1000 + _MARGIN_S)
        if record.failure is not None:
            raise record.failure
        if record.status != "done":
            raise DeadlineExceeded
        return Forecast.model_validate_json(service.result(record).body)

    return forecast


def _forecast_service(settings: WebSettings, stores: RedisStores) -> RequestService:
    ingestion = settings.ingestion_address.with_security(settings.credentials(), settings.token())
    records = RecordCache(stores.requests.read_all, stores.requests.check_unchanged)
    deadlines = RequestDeadlines.from_seconds(settings.request_deadline_s)
    return RequestService(stores, RequestAccess(stores, records), ingestion, deadlines, most_waiting=1)
