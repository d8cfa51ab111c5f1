"""The engine of PostgreSQL, with its time limits."""

from __future__ import annotations

import socket
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Engine, ExceptionContext, create_engine, event
from sqlalchemy.dialects.postgresql import Insert, insert

__all__ = ["Insert", "LimitedConnection", "insert", "postgresql_engine"]
CONNECT_TIMEOUT_S = 3
REPLY_DELAY_S = 2.0
"""Seconds after the time limit of a statement at which a connection without a reply is closed: its server stands still.
"""
CONNECTIONS = 5
"""The most connections of a process to PostgreSQL."""
_READ_ONLY_SERVER = "25006"
"""PostgreSQL's state of a write that a replica refuses, such as a primary that was demoted."""
_R = TypeVar("_R")


class LimitedConnection(psycopg.Connection[Any]):
    """A connection to PostgreSQL that is closed if no reply comes, as from a server that stands still.

    Attributes:
        statement_timeout_s: the time limit of its statements; 0 is for ever, and then a reply may take as long.
    """

    statement_timeout_s: int = 0

    def wait(self, gen: PQGen[_R], interval: float = 0.1, timeout: float | None = None) -> _R:
        """Return the outcome of ``gen``.

        Raises:
            psycopg.OperationalError: no reply came in time.
        """
        try:
            return super().wait(gen, interval=interval, timeout=timeout or self._reply_timeout_s())
        except errors._WaitTimeout:  # noqa: SLF001 - psycopg's only name for it
            self.pgconn.finish()
            raise

    def _reply_timeout_s(self) -> float | None:
        return self.statement_timeout_s + REPLY_DELAY_S if self.statement_timeout_s else None


def postgresql_engine(address: str, statement_timeout_s: int) -> Engine:
    """Return an engine; it connects at its first use. ``statement_timeout_s`` of 0 is for ever."""
    limits = f"-c statement_timeout={statement_timeout_s}s -c lock_timeout={statement_timeout_s}s"
    fixed = {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "options": f"{limits} -c timezone=UTC",
        "application_name": "stockcast",
        "client_encoding": "UTF8",  # otherwise every text of a database without an encoding would be bytes
    }

    def connect() -> LimitedConnection:
        options = _parse(address) | fixed
        connection = LimitedConnection.connect(**(options | _resolve(options)))
        connection.statement_timeout_s = statement_timeout_s
        return connection

    engine = create_engine(
        "postgresql+psycopg://",
        creator=connect,
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=CONNECT_TIMEOUT_S,
        pool_pre_ping=True,
        pool_recycle=300,
    )
    event.listen(engine, "handle_error", _leave_replica)
    return engine


def _leave_replica(context: ExceptionContext) -> None:
    """Have the pool's connections closed if their server refuses writes: a new one may reach the current primary."""
    if getattr(context.original_exception, "sqlstate", None) == _READ_ONLY_SERVER:
        context.is_disconnect = True


def _parse(address: str) -> dict[str, Any]:
    """Return the options of an address.

    Raises:
        psycopg.OperationalError: libpq does not understand it. The text does not repeat a part of it.
    """
    try:
        return dict(conninfo_to_dict(address))
    except psycopg.Error:
        raise psycopg.OperationalError("the address in DATABASE_URL has an unknown option or a wrong escape") from None


def _resolve(options: dict[str, Any]) -> dict[str, str]:
    """Return the host's address. libpq would look it up itself, and hold every greenlet of the process meanwhile.

    Raises:
        psycopg.OperationalError: the name has no address.
    """
    host = options.get("host")
    if not host or host.startswith("/") or "," in host or "hostaddr" in options:
        return {}
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as exc:
        raise psycopg.OperationalError(f"the name {host} cannot be resolved: {exc.strerror}") from exc
    return {"hostaddr": str(found[0][4][0])}
