"""Reads the requests that a question names, for its worker. A worker has no connection to Redis."""

from __future__ import annotations

from common.domain.errors import Failure, NotFinished, NotFound
from common.domain.horizons import horizon_group
from common.domain.kinds import FORECAST
from common.domain.questions import ForecastQuestion
from common.redis.requests.records import Record
from common.redis.stores import RedisStores
from common.rpc.messages import Order
from forecast_service.calls.named_request import NamedRequest, Sources

EXPIRED = "No forecast of yours has this id, or no longer. Results expire after an hour; request the forecast again."


def read_sources(stores: RedisStores, order: Order) -> Sources:
    """Return the requests that an order's question names, and the track record of all stocks and of theirs.

    A request of another owner is like one that does not exist, unless its owner shares it. One without an owner is
    protected by its id alone.

    Raises:
        NotFound: the request of the order does not exist any more.
        Busy: Redis cannot be reached.
    """
    ids = order.question.named_requests
    own, *records = stores.requests.read_all([order.request_id, *ids])
    if own is None:
        raise NotFound
    named = tuple(_read(stores, own, one, record) for one, record in zip(ids, records, strict=True))
    asked = [record.question for record in records if record is not None]
    standard = [one for one in asked if isinstance(one, ForecastQuestion) and one.is_standard]
    of_stocks = stores.stock_records.read_some((one.ticker, horizon_group(one.days)) for one in standard)
    return Sources(named, stores.calibration.read(), of_stocks)


def _read(stores: RedisStores, own: Record, request_id: str, record: Record | None) -> NamedRequest:
    if record is None or record.question.kind != FORECAST.name or not _may_read(own, record):
        return NamedRequest(request_id, failure=NotFound(EXPIRED))
    ticker = record.question.ticker
    if record.failure is not None:
        return NamedRequest(request_id, ticker, failure=record.failure)
    if record.status != "done":
        return NamedRequest(request_id, ticker, failure=NotFinished())
    try:
        return NamedRequest(request_id, ticker, stores.results.body(record.result_key))
    except NotFound:
        lost: Failure = NotFound("The result of this forecast was lost. Request the forecast again.")
        return NamedRequest(request_id, ticker, failure=lost)


def _may_read(own: Record, record: Record) -> bool:
    return record.owner in {"", own.owner} or record.is_shared
