"""The outbox of the track record: entries of finished forecasts that wait for the SQL store.

``finish.lua`` writes each entry in the same step as its result. An entry stays until it is removed; reading it removes
nothing. So a process may die at any point between reading and removing, and another one drains the same entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from redis import Redis

from common.redis.client.replies import GarbledReplyError, check_replies, expect_bytes, expect_integer, expect_list
from common.redis.schema.keys import SharedKey

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class WaitingEntry:
    """The bytes of an entry, and when its forecast was finished."""

    content: bytes
    made_at: datetime


class LedgerOutbox:
    """The waiting entries. Methods raise :class:`Busy` if Redis cannot be reached."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def read(self, most: int) -> list[WaitingEntry]:
        """Return up to ``most`` entries, the oldest first."""
        with check_replies(self._redis):
            reply: Any = self._redis.zrange(SharedKey.LEDGER_OUTBOX, 0, most - 1, withscores=True)
            return [_entry_of(one) for one in expect_list(reply)]

    def remove(self, contents: Sequence[bytes]) -> None:
        """Remove entries. Those that another process has removed do not matter."""
        if contents:
            with check_replies(self._redis):
                expect_integer(self._redis.zrem(SharedKey.LEDGER_OUTBOX, *contents))

    def count(self) -> int:
        """Return the number of waiting entries."""
        with check_replies(self._redis):
            return expect_integer(self._redis.zcard(SharedKey.LEDGER_OUTBOX))


def _entry_of(reply: Any) -> WaitingEntry:
    content, score = reply
    if not isinstance(score, float):
        raise GarbledReplyError("a score was expected")
    return WaitingEntry(expect_bytes(content), _EPOCH + timedelta(milliseconds=score))
