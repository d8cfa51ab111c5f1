"""The whole content of a Redis database with its expiries, for backups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from redis import Redis
from redis.exceptions import ResponseError

from common.redis.client.connections import make_redis_client
from common.redis.client.failures import redis_call
from common.redis.schema.keys import SharedKey

_REPLY_TIMEOUT_S = 60.0
_AT_ONCE = 500
_NO_EXPIRY, _NO_KEY = -1, -2
_OF_THESE_STORES = SharedKey.BACKUP_RUN.value.encode()
"""The key that is neither copied nor replaced: it states which backups these stores have, not those of the copy."""


class OtherRedisVersion(Exception):
    """This Redis cannot read values that a newer one wrote."""


@dataclass(frozen=True)
class CopiedKey:
    """A key with its value, as Redis encodes it, and the time of its expiry in Unix milliseconds."""

    name: bytes
    value: bytes = field(repr=False)
    expires_at_ms: int | None


class RedisContent:
    """The keys of one database. Methods raise :class:`Busy` if Redis cannot be reached or refuses."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    @classmethod
    def at(cls, url: str) -> RedisContent:
        """Return the content at an address. Its time-out suits large replies."""
        return cls(make_redis_client(url, reply_timeout_s=_REPLY_TIMEOUT_S))

    def count(self) -> int:
        """Return the number of keys."""
        with redis_call():
            return int(self._client.dbsize())

    def read_all(self) -> Iterator[CopiedKey]:
        """Yield every key but the record of the backups. Keys that are written meanwhile may be missing."""
        with redis_call():
            names = list(dict.fromkeys(self._client.scan_iter(count=_AT_ONCE)))
        names = [name for name in names if name != _OF_THESE_STORES]
        for first in range(0, len(names), _AT_ONCE):
            yield from self._read(names[first : first + _AT_ONCE])

    def _read(self, names: list[bytes]) -> list[CopiedKey]:
        with redis_call(), self._client.pipeline(transaction=True) as pipe:
            pipe.time()
            for name in names:
                pipe.dump(name)
                pipe.pttl(name)
            (seconds, microseconds), *replies = pipe.execute()
        now_ms = seconds * 1000 + microseconds // 1000
        found = zip(names, replies[::2], replies[1::2], strict=True)
        return [
            CopiedKey(name, value, None if ttl_ms == _NO_EXPIRY else now_ms + ttl_ms)
            for name, value, ttl_ms in found
            if value is not None and ttl_ms != _NO_KEY
        ]

    def check_readable(self, copied: CopiedKey) -> None:
        """Check that this Redis can read the value, by storing it for a moment as the readiness probe's.

        Raises:
            OtherRedisVersion: it cannot.
        """
        with redis_call():
            try:
                self._client.restore(SharedKey.PROBE, 1, copied.value, replace=True)
            except ResponseError as exc:
                if "DUMP payload" in str(exc) or "Bad data format" in str(exc):
                    raise OtherRedisVersion from exc
                raise

    def replace_all(self, keys: Iterable[CopiedKey]) -> None:
        """Replace the content in one step, except the record of the backups. Expired keys are left out."""
        copied = [key for key in keys if key.name != _OF_THESE_STORES]
        own = self._read([_OF_THESE_STORES])
        with redis_call(), self._client.pipeline(transaction=True) as pipe:
            pipe.flushdb()
            for key in [*copied, *own]:
                pipe.restore(
                    key.name, key.expires_at_ms or 0, key.value, replace=True, absttl=key.expires_at_ms is not None
                )
            pipe.execute()
