"""Engines of SQLAlchemy, with the time limits and the options of each database."""

from __future__ import annotations

import os
import socket
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import psycopg
from psycopg import errors
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Connection, Engine, ExceptionContext, NullPool, create_engine, event

from common.sql.database_urls import DatabaseUrl

CONNECT_TIMEOUT_S = 3
STATEMENT_TIMEOUT_S = 5
REPLY_TIMEOUT_S = 7.0
"""Seconds until a connection without a reply is closed. A server that does not stand still ends a statement earlier."""
BUSY_TIMEOUT_S = 5
"""Seconds for which SQLite waits for the end of another write."""
CONNECTIONS = 5
"""The most connections of a process to PostgreSQL."""
_READ_ONLY = "postgresql_readonly"
"""The option of transactions that write nothing. SQLAlchemy applies it to PostgreSQL, this module to SQLite."""
_READ_ONLY_SERVER = "25006"
"""PostgreSQL's state of a write that a replica refuses, such as a primary that was demoted."""
_PRAGMAS = ("foreign_keys = ON", f"busy_timeout = {BUSY_TIMEOUT_S * 1000}", "synchronous = FULL")
_R = TypeVar("_R")


class LimitedConnection(psycopg.Connection[Any]):
    """A connection to PostgreSQL that is closed if no reply comes, as from a server that stands still."""

    def wait(self, gen: PQGen[_R], interval: float = 0.1, timeout: float | None = None) -> _R:
        """Return the outcome of ``gen``.

        Raises:
            psycopg.OperationalError: no reply came in time.
        """
        try:
            return super().wait(gen, interval=interval, timeout=timeout or REPLY_TIMEOUT_S)
        except errors._WaitTimeout:  # noqa: SLF001 - psycopg's only name for it
            self.pgconn.finish()
            raise


@dataclass(frozen=True)
class Engines:
    """Two views of one pool: transactions that only read, and others."""

    reading: Engine
    writing: Engine

    def dispose(self) -> None:
        """Close the connections."""
        self.writing.dispose()


def make_engines(url: DatabaseUrl) -> Engines:
    """Return the engines of a store; they connect at their first use."""
    engine = make_engine(url)
    options: dict[str, Any] = {_READ_ONLY: True}
    if url.path is None:
        options["isolation_level"] = "REPEATABLE READ"  # all statements of a transaction see one state, as in SQLite
    return Engines(reading=engine.execution_options(**options), writing=engine)


def make_engine(url: DatabaseUrl, *, create: bool = False, statement_timeout_s: int = STATEMENT_TIMEOUT_S) -> Engine:
    """Return an engine; it connects at its first use.

    Args:
        url: the address.
        create: make the file of SQLite if it is missing.
        statement_timeout_s: how long PostgreSQL works on one statement; 0 is for ever.
    """
    if url.path is not None:
        return _sqlite_engine(url.path, create=create)
    return _postgresql_engine(str(url.postgresql), statement_timeout_s)


def _sqlite_engine(path: Path, *, create: bool) -> Engine:
    # A pool's locks would be shared by real threads and greenlets. Opening a file takes a fraction of a millisecond.
    file = _SqliteFile(path, create=create)
    engine = create_engine("sqlite://", creator=file.connect, poolclass=NullPool)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "engine_disposed", lambda _engine: file.close())
    return engine


class _SqliteFile:
    """Opens connections to a file. One more stays open: SQLite writes the whole log back when the last one closes."""

    def __init__(self, path: Path, *, create: bool) -> None:
        self._path = path
        self._create = create
        self._open: list[sqlite3.Connection] = []

    def connect(self) -> sqlite3.Connection:
        """Return a new connection."""
        if self._create:
            _create_privately(self._path)
        connection = self._connect()
        if not self._open:
            self._open.append(self._connect())
        return connection

    def close(self) -> None:
        """Close the connection that stayed open."""
        while self._open:
            self._open.pop().close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str(self._path))}?mode=rw",
            uri=True,
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,  # the driver must not begin transactions by itself
            check_same_thread=False,
        )
        for pragma in (*_PRAGMAS, "journal_mode = WAL" if self._create else "user_version"):
            connection.execute(f"PRAGMA {pragma}").fetchall()  # the last one opens the file
        return connection


def _create_privately(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _begin(connection: Connection) -> None:
    """Begin a transaction. One that may write locks at once: a later lock could fail without waiting."""
    if connection.get_execution_options().get(_READ_ONLY):
        connection.exec_driver_sql("PRAGMA query_only = ON")
        connection.exec_driver_sql("BEGIN")
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _postgresql_engine(address: str, statement_timeout_s: int) -> Engine:
    limits = f"-c statement_timeout={statement_timeout_s}s -c lock_timeout={statement_timeout_s}s"
    fixed = {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "options": f"{limits} -c timezone=UTC",
        "application_name": "stockcast",
    }

    def connect() -> LimitedConnection:
        options = _parse(address) | fixed
        return LimitedConnection.connect(**(options | _resolve(options)))

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
