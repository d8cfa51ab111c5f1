"""Engines of SQLAlchemy, with the time limits and the options of each database."""

from __future__ import annotations

import os
import sqlite3
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, NullPool, create_engine, event

from common.sql.database_urls import DatabaseUrl

STATEMENT_TIMEOUT_S = 5
BUSY_TIMEOUT_S = 5
"""Seconds for which SQLite waits for the end of another write."""
LONG_BUSY_TIMEOUT_S = 60
"""The same for a migration. On a slow disk, that of another process takes longer than a request may wait."""
_TRY_EVERY_S = 0.02
_READ_ONLY = "postgresql_readonly"
"""The option of transactions that write nothing. SQLAlchemy applies it to PostgreSQL, this module to SQLite."""
_PRAGMAS = ("foreign_keys = ON", "synchronous = FULL")


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
        statement_timeout_s: how long PostgreSQL works on one statement; 0 is for ever. SQLite then waits for
            :data:`LONG_BUSY_TIMEOUT_S`.
    """
    if url.path is not None:
        return _sqlite_engine(url.path, create=create, is_patient=statement_timeout_s == 0)
    from common.sql.drivers.postgresql import postgresql_engine  # noqa: PLC0415 - see import_driver

    return postgresql_engine(str(url.postgresql), statement_timeout_s)


def import_driver(url: DatabaseUrl) -> None:
    """Import what the engines of a store need, so that processes that are forked later share it.

    PostgreSQL's driver takes a tenth of a second of processor time, and SQLite needs none.
    """
    if url.path is None:
        import_module("common.sql.drivers.postgresql")


def _sqlite_engine(path: Path, *, create: bool, is_patient: bool) -> Engine:
    # A pool's locks would be shared by real threads and greenlets. Opening a file takes a fraction of a millisecond.
    file = _SqliteFile(path, create=create, is_patient=is_patient)
    engine = create_engine("sqlite://", creator=file.connect, poolclass=NullPool)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "engine_disposed", lambda _engine: file.close())
    return engine


class _SqliteFile:
    """Opens connections to a file. One more stays open: SQLite writes the whole log back when the last one closes."""

    def __init__(self, path: Path, *, create: bool, is_patient: bool) -> None:
        self._path = path
        self._create = create
        self._is_patient = is_patient
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
        timeout_s = LONG_BUSY_TIMEOUT_S if self._is_patient else BUSY_TIMEOUT_S
        connection = sqlite3.connect(
            f"file:{quote(str(self._path))}?mode=rw",
            uri=True,
            timeout=timeout_s,
            isolation_level=None,  # the driver must not begin transactions by itself
            check_same_thread=False,
        )
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").fetchall()
        if self._create:
            _use_write_ahead_log(connection, timeout_s)
        else:
            connection.execute("PRAGMA user_version").fetchall()  # this opens the file
        return connection


def _use_write_ahead_log(connection: sqlite3.Connection, timeout_s: float) -> None:
    """Switch a file to a write-ahead log. SQLite itself does not always wait for another process that writes to it."""
    give_up = time.monotonic() + timeout_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(_TRY_EVERY_S)
        else:
            return


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
