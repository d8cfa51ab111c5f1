"""The track record of each stock, which the scoring computes and the nightly run puts on its board."""

from __future__ import annotations

from typing import Any

from redis import Redis

from common.domain.stock_records import StockRecords
from common.redis.client.failures import redis_call
from common.redis.client.replies import check_replies, expect_bytes_or_none
from common.redis.schema.keys import SharedKey

KEPT_S = 30 * 86_400
"""Longer than any pause of the scoring that nobody notices."""


class StockRecordSnapshot:
    """The last records. Methods raise :class:`Busy` if Redis cannot be reached or is full."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def write(self, records: StockRecords) -> None:
        """Replace the records."""
        with redis_call():
            self._redis.set(SharedKey.STOCK_RECORDS, records.model_dump_json(), ex=KEPT_S)

    def read(self) -> StockRecords:
        """Return the records; none if nothing was scored lately."""
        with check_replies(self._redis):
            reply: Any = self._redis.get(SharedKey.STOCK_RECORDS)
            found = expect_bytes_or_none(reply)
            return StockRecords(by_ticker={}) if found is None else StockRecords.model_validate_json(found)
