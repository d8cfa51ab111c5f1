"""The SQL store: runs units of work, each in one transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import sqlalchemy as sa

from common.domain.errors import StoreUnavailable
from common.sql import engines, failures
from common.sql.database_urls import DatabaseUrl
from common.sql.revision import HEAD, MIGRATE_COMMAND, VERSION_TABLE
from common.sql.schema import schema_support

T = TypeVar("T")
Connection = sa.Connection
"""The transaction that a unit of work receives."""
Work = Callable[[Connection], T]


class SqlStore:
    """Runs units of work on the database. One store serves all threads and greenlets of a process.

    Example:
        >>> store = SqlStore(DatabaseUrl.parse("sqlite:////srv/stockcast.sqlite"))
        >>> store.read(lambda connection: find_account(connection, account_id))  # doctest: +SKIP
    """

    def __init__(
        self, url: DatabaseUrl | None, run_in_thread: Callable[[Callable[[], object]], object] | None = None
    ) -> None:
        """Set the store up; it connects at its first use, which must come after a fork.

        Args:
            url: the address; without one, every use raises StoreUnavailable.
            run_in_thread: runs a function away from the event loop and returns its value. SQLite blocks, so the web
                server needs it; the driver of PostgreSQL gives way to other greenlets by itself.
        """
        self._url = url
        if url is not None:
            engines.import_driver(url)
        self._run_in_thread = run_in_thread
        self._engines: engines.Engines | None = None
        self._making = threading.Lock()
        self._in_thread = threading.Lock()
        self._is_usable = False

    def transaction(self, work: Work[T]) -> T:
        """Return the value of ``work(connection)``, and commit what it wrote; an exception undoes it.

        Raises:
            StoreUnavailable: the database cannot be used now.
        """
        return self._run(work, read_only=False)

    def read(self, work: Work[T]) -> T:
        """Return the value of ``work(connection)``, which writes nothing and so waits for no other write.

        All statements of the unit see the store as it was at the first one.

        Raises:
            StoreUnavailable: the database cannot be used now.
        """
        return self._run(work, read_only=True)

    def is_ready(self) -> bool:
        """Return whether the database can be used."""
        try:
            self.read(lambda _connection: None)
        except StoreUnavailable:
            return False
        return True

    def close(self) -> None:
        """Close the connections. A later use opens new ones."""
        made, self._engines = self._engines, None
        if made is not None:
            made.dispose()

    def _run(self, work: Work[T], *, read_only: bool) -> T:
        if self._url is None:
            raise StoreUnavailable
        made = self._engines_of_this_process(self._url)
        engine = made.reading if read_only else made.writing
        with failures.sql_call():
            if self._run_in_thread is None or self._url.path is None:
                return self._in_transaction(engine, work)
            with self._turn():
                result: list[T] = []
                self._run_in_thread(lambda: result.append(self._in_transaction(engine, work)))
                return result[0]

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Run the block while no other unit of this process runs in a thread.

        SQLAlchemy's locks are patched by gevent: a thread that waits for one may never continue.
        """
        if not self._in_thread.acquire(timeout=engines.BUSY_TIMEOUT_S):
            raise failures.make_unavailable("another unit of this process takes too long")
        try:
            yield
        finally:
            self._in_thread.release()

    def _engines_of_this_process(self, url: DatabaseUrl) -> engines.Engines:
        with self._making:
            if self._engines is None:
                self._engines = engines.make_engines(url)
            return self._engines

    def _in_transaction(self, engine: sa.Engine, work: Work[T]) -> T:
        with engine.begin() as connection:
            self._check_revision(connection)
            return work(connection)

    def _check_revision(self, connection: sa.Connection) -> None:
        if self._is_usable:
            return
        problem = find_revision_problem(connection)
        if problem is not None:
            raise failures.WrongRevision(f"it {problem}")
        self._is_usable = True


def read_revision(connection: sa.Connection) -> str | None:
    """Return the revision of a store, or None if its tables do not exist."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    version = sa.table(VERSION_TABLE, sa.column("version_num", sa.String()))
    found: str | None = connection.execute(sa.select(version.c.version_num)).scalar()
    return found


def find_revision_problem(connection: sa.Connection) -> str | None:
    """Return why this version of the code cannot use the tables of a store, or None if it can.

    It can use those of its own revision, and those of a later one that still supports it: while an upgrade has changed
    the tables, the earlier version still serves.
    """
    found = read_revision(connection)
    if found == HEAD:
        return None
    if found is None or found < HEAD:
        return f"has revision {found or 'none'}, not {HEAD}; run {MIGRATE_COMMAND}"
    oldest = connection.execute(sa.select(schema_support.c.oldest_revision)).scalar()
    if oldest is not None and oldest <= HEAD:
        return None
    return f"has revision {found}, which supports versions from revision {oldest}; this one has {HEAD}"
