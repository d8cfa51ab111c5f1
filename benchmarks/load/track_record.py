"""The check that the track record of a stack has every finished forecast once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from functools import partial

import redis
import sqlalchemy as sa

from common.domain.track_record import LedgerEntry, content_hash
from common.redis.ledger_outbox import LedgerOutbox
from common.sql import schema
from common.sql.database_urls import DatabaseUrl
from common.sql.repositories.ledger.verification import verify_chain, verify_sums
from common.sql.store import SqlStore
from test_support.stacks.request_history import FinishedForecast
from test_support.waiting import until

DRAINED_WITHIN_S = 60.0


def check_track_record(address: DatabaseUrl, redis_url: str, finished: Collection[FinishedForecast]) -> dict[str, int]:
    """Wait until the outbox is empty; return how many entries are missing or double, and the problems of the record.

    Args:
        address: the SQL store.
        redis_url: the address of Redis.
        finished: the forecasts that clients received.
    """
    with redis.Redis.from_url(redis_url) as client:
        outbox = LedgerOutbox(client)
        until(lambda: outbox.count() == 0, DRAINED_WITHIN_S, "the outbox of the track record is not drained")
    sql = SqlStore(address)
    contents = sql.read(_contents)
    entries = [LedgerEntry.model_validate_json(content) for content in contents]
    recorded = {FinishedForecast(entry.ticker, entry.days, entry.prices_version) for entry in entries}
    hashes = Counter(content_hash(content.encode()) for content in contents)
    report = sql.read(partial(verify_chain, name="forecasts"))
    wrong_sums = sql.read(verify_sums)
    sql.close()
    return {
        "recorded": len(entries),
        "unrecorded": len(set(finished) - recorded),
        "recorded_twice": sum(count > 1 for count in hashes.values()),
        "chain_problems": len(report.problems),
        "wrong_sums": len(wrong_sums),
    }


def _contents(connection: sa.Connection) -> list[str]:
    return list(connection.scalars(sa.select(schema.ledger_forecasts.c.content)))
