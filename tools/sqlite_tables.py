"""Make ``common/sql/migrations/sqlite.sql``, the tables of a new SQLite file: ``python -m tools.sqlite_tables``."""

from __future__ import annotations

import re
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from common.sql.database_urls import DatabaseUrl
from common.sql.migrate import migrate
from common.sql.sqlite_files import TABLES

_HEADER = "-- The tables after all migrations. Made by python -m tools.sqlite_tables.\n"
_TIME = re.compile(r"'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}'")
_NOW = "strftime('%Y-%m-%d %H:%M:%f000', 'now')"
"""The time of the file's creation, as SQLAlchemy stores it."""


def make_script() -> str:
    """Return the script of what the migrations make in an empty file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "new.sqlite"
        migrate(DatabaseUrl(path=path))
        with closing(sqlite3.connect(path)) as connection:
            lines = [line.rstrip() for statement in connection.iterdump() for line in statement.splitlines()]
    return _HEADER + _TIME.sub(_NOW, "\n".join(lines)) + "\n"


if __name__ == "__main__":
    TABLES.write_text(make_script())
