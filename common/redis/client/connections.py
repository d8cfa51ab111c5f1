"""Connections to Redis that are closed if the server is not, or no longer, the primary."""

from __future__ import annotations

from typing import Any

from redis import BlockingConnectionPool, Redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.connection import AbstractConnection, Connection, SSLConnection, UnixDomainSocketConnection
from redis.exceptions import BusyLoadingError, MasterDownError, ReadOnlyError, RedisError
from redis.exceptions import ConnectionError as NoConnection
from redis.retry import Retry

from common.redis.client.addresses import RedisAddress
from common.redis.client.failures import code_of
from common.redis.client.primary_locator import PrimaryLocator

MOST_CONNECTIONS = 32
"""Connections of one process. They are shared: a connection is in use for less than a millisecond."""
POOL_TIMEOUT_S = 2
"""Seconds to wait for a free connection."""
REPLY_TIMEOUT_S = 2.0
_LOCATOR = "locator"
_OF_NO_PRIMARY = (ReadOnlyError, BusyLoadingError, MasterDownError)


def make_redis_client(url: str, *, reply_timeout_s: float = REPLY_TIMEOUT_S) -> Redis:
    """Return a client with short time-outs, because each request has a deadline. It connects at its first use.

    Raises:
        ValueError: the URL is no address of Redis.
    """
    address = RedisAddress.parse(url)
    options: dict[str, Any] = {
        "max_connections": MOST_CONNECTIONS,
        "timeout": POOL_TIMEOUT_S,
        "socket_connect_timeout": 1,
        "socket_timeout": reply_timeout_s,
        "health_check_interval": 15,
        "retry": Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.5), retries=1),
        **address.options,
    }
    if address.sentinels:
        options[_LOCATOR] = PrimaryLocator(address)
    pool = BlockingConnectionPool(connection_class=_connection_class(address), **options)  # type: ignore[no-untyped-call]
    return Redis.from_pool(pool)


def locator_of(redis: Redis) -> PrimaryLocator | None:
    """Return what finds the primary; None if no replicas stand by, so that no other server can become the primary."""
    locator: PrimaryLocator | None = redis.connection_pool.connection_kwargs.get(_LOCATOR)
    return locator


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


class NotPrimary(NoConnection):
    """The server is not the primary now. The call may succeed at the one that the Sentinels name."""


class _LocatedConnection(Connection):
    """A connection to the server that the Sentinels name as the primary.

    A connection whose server is no longer that one is closed before its next use, and not only after a time-out.
    """

    def __init__(self, *, locator: PrimaryLocator, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._locator = locator

    def connect(self) -> None:
        """Connect unless there is a connection to the current primary."""
        if self._sock is not None and (self.host, self.port) != self._locator.newest:
            self.disconnect()
        super().connect()  # type: ignore[no-untyped-call]

    def _connect(self) -> Any:
        self.host, self.port = self._locator.find()
        return super()._connect()  # type: ignore[no-untyped-call]

    def on_connect_check_health(self, check_health: bool = True) -> None:
        """Log in; then check the role, because Sentinels learn of a change later than the server itself."""
        super().on_connect_check_health(check_health)
        self.send_command("ROLE", check_health=False)  # type: ignore[no-untyped-call]
        role = self.read_response()
        if not isinstance(role, list) or role[:1] not in ([b"master"], ["master"]):
            raise NotPrimary("the server that the Sentinels name is a replica")

    def read_response(self, *args: Any, **kwargs: Any) -> Any:
        """Return a reply.

        Raises:
            NotPrimary: in place of the refusals of a replica, of a server that starts, and of a primary that lost its
                replicas. The client then closes the connection, looks for the primary and repeats the call once.
        """
        try:
            return super().read_response(*args, **kwargs)
        except RedisError as exc:
            if isinstance(exc, _OF_NO_PRIMARY) or code_of(exc) == "READONLY" or "NOREPLICAS" in str(exc):
                raise NotPrimary(str(exc)) from exc
            raise


class _LocatedTlsConnection(_LocatedConnection, SSLConnection):
    """The same by TLS."""


def _connection_class(address: RedisAddress) -> type[AbstractConnection]:
    if address.sentinels:
        return _LocatedTlsConnection if address.is_tls else _LocatedConnection
    if address.is_tls:
        return _TlsConnection
    return _SocketFileConnection if "path" in address.options else _PlainConnection
