"""The track record of each stock, which the scoring computes. Reports and the board of the nightly run show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from redis import Redis

from common.domain.horizons import horizon_group
from common.domain.stock_records import DAYS, StockHorizon, StockRecord
from common.redis.client.failures import redis_call
from common.redis.client.replies import check_replies, expect_bytes, expect_bytes_or_none, expect_list
from common.redis.schema.keys import SharedKey

KEPT_S = 30 * 86_400
"""Longer than any pause of the scoring that nobody notices."""
_AT_ONCE = 1000


class StockRecordSnapshot:
    """The last records. Methods raise :class:`Busy` if Redis cannot be reached or is full."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def write(self, records: Mapping[StockHorizon, StockRecord]) -> None:
        """Replace the records."""
        items = [(_field(key), f"{record.inside_80}/{record.forecasts}") for key, record in records.items()]
        with redis_call(), self._redis.pipeline() as pipeline:
            pipeline.delete(SharedKey.STOCK_RECORDS)
            for start in range(0, len(items), _AT_ONCE):
                pipeline.hset(SharedKey.STOCK_RECORDS, mapping=dict(items[start : start + _AT_ONCE]))
            pipeline.expire(SharedKey.STOCK_RECORDS, KEPT_S)
            pipeline.execute()

    def read(self) -> dict[str, StockRecord]:
        """Return the records over about a month by ticker; none if nothing was scored lately."""
        ending = _field(("", horizon_group(DAYS)))
        with check_replies(self._redis):
            reply: Any = self._redis.hgetall(SharedKey.STOCK_RECORDS)
            stored = {expect_bytes(field).decode(): expect_bytes(value) for field, value in reply.items()}
        found = {field.removesuffix(ending): _record(one) for field, one in stored.items() if field.endswith(ending)}
        return {ticker: record for ticker, record in found.items() if record is not None}

    def read_some(self, wanted: Iterable[StockHorizon]) -> dict[StockHorizon, StockRecord]:
        """Return the records of some stocks and horizons, without those that do not exist or cannot be read."""
        keys = list(dict.fromkeys(wanted))
        if not keys:
            return {}
        with check_replies(self._redis):
            reply: Any = self._redis.hmget(SharedKey.STOCK_RECORDS, [_field(key) for key in keys])
            found = [expect_bytes_or_none(one) for one in expect_list(reply, len(keys))]
        records = {key: _record(one) for key, one in zip(keys, found, strict=True)}
        return {key: record for key, record in records.items() if record is not None}


def _field(key: StockHorizon) -> str:
    ticker, horizon = key
    return f"{ticker}:{horizon.first}"


def _record(stored: bytes | None) -> StockRecord | None:
    inside, _, forecasts = (stored or b"").decode(errors="replace").partition("/")
    if not (inside.isdecimal() and forecasts.isdecimal()):
        return None
    return StockRecord(forecasts=int(forecasts), inside_80=int(inside))
