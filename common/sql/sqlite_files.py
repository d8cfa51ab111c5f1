"""SQLite's files without SQLAlchemy and Alembic, whose imports would delay every start of a local stack."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from common.sql.revision import HEAD, VERSION_TABLE

TABLES = Path(__file__).parent / "migrations" / "sqlite.sql"
"""The script of a new file's tables and rows. ``python -m tools.sqlite_tables`` makes it from the migrations."""


def has_current_tables(path: Path) -> bool:
    """Return whether the file exists and has the tables of this version."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True)) as connection:
            found = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608 - a constant
    except sqlite3.Error:
        return False
    return bool(found == (HEAD,))


def create_tables(path: Path) -> bool:
    """Make a file with the tables that all migrations make; return False if the file exists or cannot be made.

    No other process sees a part of them.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A folder that only its owner can read gives SQLite's own files the same protection.
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".new-tables-") as folder:
            new = Path(folder) / path.name
            os.close(os.open(new, os.O_RDWR | os.O_CREAT, 0o600))
            with closing(sqlite3.connect(new)) as connection:
                connection.execute("PRAGMA journal_mode = WAL").fetchall()
                connection.executescript(TABLES.read_text())
            path.hardlink_to(new)
    except (OSError, sqlite3.Error):
        return False
    return True
