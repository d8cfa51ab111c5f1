"""Connections to Redis that are closed where the server is not, or no longer, the primary."""

from __future__ import annotations

from typing import Any

from redis.connection import AbstractConnection, Connection, SSLConnection, UnixDomainSocketConnection
from redis.exceptions import BusyLoadingError, MasterDownError, ReadOnlyError

_OF_NO_PRIMARY = (ReadOnlyError, BusyLoadingError, MasterDownError)


class _LeavesReplicas(AbstractConnection):
    """Close after a reply that no primary sends: the next connection to the same address may reach the new primary."""

    def read_response(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().read_response(*args, **kwargs)
        except _OF_NO_PRIMARY:
            # It closes when it is given back: other replies may follow on it.
            self.mark_for_reconnect()  # type: ignore[no-untyped-call]
            raise


class _PlainConnection(_LeavesReplicas, Connection):
    """By TCP."""


class _TlsConnection(_LeavesReplicas, SSLConnection):
    """By TLS."""


class _LocalConnection(_LeavesReplicas, UnixDomainSocketConnection):
    """By a socket file."""


def connection_class(url: str) -> type[AbstractConnection]:
    """Return the class of the connections for a Redis URL."""
    if url.startswith("rediss://"):
        return _TlsConnection
    return _LocalConnection if url.startswith("unix://") else _PlainConnection
