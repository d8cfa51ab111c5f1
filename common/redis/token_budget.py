"""The daily budget of tokens of a language model, which all processes share."""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass

from redis import Redis

from common.redis.client.replies import check_replies, expect_integer, expect_list
from common.redis.client.script_runner import RedisScripts
from common.redis.schema.keys import KeyPrefix


@dataclass(frozen=True)
class Reservation:
    """Tokens that are reserved for one call.

    Args:
        key: the day's budget.
        id: the reservation in it.
        tokens: the number of tokens.
    """

    key: str
    id: str
    tokens: int


@dataclass(frozen=True)
class OverBudget:
    """No tokens are left for a call, for this number of seconds."""

    seconds: int


class TokenBudget:
    """The budgets in Redis. Methods raise :class:`Busy` if Redis cannot be reached."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._scripts = RedisScripts(redis, ["coordination/reserve_tokens", "coordination/settle_tokens"])

    def reserve(self, account: str, tokens: int, most: int) -> Reservation | OverBudget:
        """Reserve tokens of today's budget before a call.

        Args:
            account: the account whose budget it is.
            tokens: the most tokens that the call is likely to take.
            most: the most tokens of a day (UTC).
        """
        name = secrets.token_hex(8)
        prefix = KeyPrefix.MODEL_TOKENS.key(f"{account}:")
        with check_replies(self._redis):
            reply = self._scripts.run("coordination/reserve_tokens", [prefix], [name, tokens, most])
            is_reserved, day, left_ms = map(expect_integer, expect_list(reply, 3))
        return Reservation(f"{prefix}{day}", name, tokens) if is_reserved else OverBudget(math.ceil(left_ms / 1000))

    def settle(self, reservation: Reservation, tokens: int) -> None:
        """Replace a reservation by the tokens that the call took. A second call has no effect."""
        with check_replies(self._redis):
            arguments = (reservation.id, tokens)
            expect_integer(self._scripts.run("coordination/settle_tokens", [reservation.key], arguments))
