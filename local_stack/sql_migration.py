"""The migration of the SQL store, beside the start of the services.

A new file gets its tables from a script, which takes a hundredth of a migration's time. Otherwise the services start
meanwhile: until the tables are there, they treat the store as unavailable. A failed migration ends no start, because
forecasts do not need the store.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from common.sql.database_urls import DatabaseUrl, InvalidDatabaseUrl
from common.sql.sqlite_files import create_tables, has_current_tables
from local_stack.programs import ROOT

LOG = "sql.log"


class SqlMigration:
    """A running or finished migration, or none that is needed."""

    def __init__(self, process: subprocess.Popen[bytes] | None) -> None:
        self._process = process

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process is not None and self._process.poll() is None

    @property
    def has_failed(self) -> bool:
        """Whether it has ended without success."""
        return self._process is not None and self._process.poll() not in {None, 0}


@contextmanager
def migrating(environment: Mapping[str, str], logs: Path) -> Iterator[SqlMigration]:
    """Start the migration if the store may need it, and stop it at the end of the block."""
    if _is_current(environment["DATABASE_URL"]):
        yield SqlMigration(None)
        return
    logs.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "common.sql", "migrate"]
    with (
        (logs / LOG).open("wb") as log,
        subprocess.Popen(  # noqa: S603 - our own command
            command, cwd=ROOT, env=dict(environment), stdout=log, stderr=log, start_new_session=True
        ) as process,
    ):
        try:
            yield SqlMigration(process)
        finally:
            process.kill()


def _is_current(url: str) -> bool:
    """Return whether the store is known to need no migration. A missing file of SQLite is made."""
    try:
        path = DatabaseUrl.parse(url).path
    except InvalidDatabaseUrl:
        return False
    if path is None:
        return False
    return has_current_tables(path) or (create_tables(path) and has_current_tables(path))
