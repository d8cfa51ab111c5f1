"""Connections to Redis that are closed if the server is not, or no longer, the primary."""

from __future__ import annotations

from typing import Any

from redis import BlockingConnectionPool, Redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.connection import AbstractConnection, Connection, SSLConnection, UnixDomainSocketConnection
from redis.exceptions import BusyLoadingError, MasterDownError, ReadOnlyError, RedisError
from redis.retry import Retry

from common.redis.client.failures import code_of

MOST_CONNECTIONS = 32
"""Connections of one process. They are shared: a connection is in use for less than a millisecond."""
POOL_TIMEOUT_S = 2
"""Seconds to wait for a free connection."""
_OF_NO_PRIMARY = (ReadOnlyError, BusyLoadingError, MasterDownError)


def make_redis_client(url: str) -> Redis:
    """Return a client with short time-outs, because each request has a deadline. It connects at its first use."""
    pool = BlockingConnectionPool.from_url(
        url,
        connection_class=_connection_class(url),
        max_connections=MOST_CONNECTIONS,
        timeout=POOL_TIMEOUT_S,
        socket_connect_timeout=1,
        socket_timeout=2,
        health_check_interval=15,
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.5), retries=1),
    )
    return Redis.from_pool(pool)


class _PrimaryOnlyConnection(AbstractConnection):
    """Closes after a reply of a replica: the next connection to the same address may reach the new primary."""

    def read_response(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().read_response(*args, **kwargs)
        except RedisError as exc:
            if isinstance(exc, _OF_NO_PRIMARY) or code_of(exc) == "READONLY":
                # The pool closes it when it is returned, because other replies may follow.
                self.mark_for_reconnect()  # type: ignore[no-untyped-call]
            raise


class _PlainConnection(_PrimaryOnlyConnection, Connection):
    """A connection by TCP."""


class _TlsConnection(_PrimaryOnlyConnection, SSLConnection):
    """A connection by TLS."""


class _SocketFileConnection(_PrimaryOnlyConnection, UnixDomainSocketConnection):
    """A connection by a socket file."""


def _connection_class(url: str) -> type[AbstractConnection]:
    if url.startswith("rediss://"):
        return _TlsConnection
    return _SocketFileConnection if url.startswith("unix://") else _PlainConnection
