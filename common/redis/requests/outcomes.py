"""The counts of ended requests, which the scripts write at each end, in whichever service it happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from redis import Redis

from common.domain.kinds import KINDS
from common.redis.client.replies import check_replies
from common.redis.schema.keys import SharedKey
from common.redis.schema.outcomes import COLD_BOUNDS_MS, OUTCOMES


@dataclass(frozen=True)
class EndCounts:
    """The ends since Redis last lost its data, or since a month without any.

    Args:
        ends: the number of ends by kind and outcome, with zeros.
        cold: the number of forecasts that were computed for a request of their own, by the bound in milliseconds
            within which they ended, and by None above all bounds. Each is counted once.
        cold_ms: the sum of their times from acceptance to end.
    """

    ends: Mapping[tuple[str, str], int]
    cold: Mapping[int | None, int]
    cold_ms: int


class RequestOutcomes:
    """Reads the counts of ended requests."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def read(self) -> EndCounts:
        """Return the counts. Damaged ones are 0.

        Raises:
            Busy: Redis cannot be reached.
        """
        ends = [(kind, outcome) for kind in KINDS for outcome in OUTCOMES]
        bounds = (*COLD_BOUNDS_MS, None)
        names = [*(f"{kind}:{outcome}" for kind, outcome in ends), *(f"cold:{bound or 'more'}" for bound in bounds)]
        with check_replies(self._redis):
            found = [_count(value) for value in self._redis.hmget(SharedKey.OUTCOMES, [*names, "cold_ms"])]
        return EndCounts(
            dict(zip(ends, found, strict=False)), dict(zip(bounds, found[len(ends) :], strict=False)), found[-1]
        )


def _count(value: object) -> int:
    return int(value) if isinstance(value, bytes) and value.isdigit() else 0
