"""The calibration of the latest scored forecasts, which the scoring computes and the web server shows as metrics."""

from __future__ import annotations

from typing import Any

from redis import Redis

from common.domain.calibration import Calibration
from common.redis.client.failures import redis_call
from common.redis.client.replies import check_replies, expect_bytes_or_none
from common.redis.schema.keys import SharedKey

KEPT_S = 30 * 86_400
"""Longer than any pause of the scoring that nobody notices."""


class CalibrationSnapshot:
    """The last calibration. Methods raise :class:`Busy` if Redis cannot be reached or is full."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def write(self, calibration: Calibration) -> None:
        """Replace the calibration."""
        with redis_call():
            self._redis.set(SharedKey.CALIBRATION, calibration.model_dump_json(), ex=KEPT_S)

    def read(self) -> Calibration | None:
        """Return the calibration; None if nothing was scored lately."""
        with check_replies(self._redis):
            reply: Any = self._redis.get(SharedKey.CALIBRATION)
            found = expect_bytes_or_none(reply)
            return None if found is None else Calibration.model_validate_json(found)
