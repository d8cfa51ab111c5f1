"""A look at a file of SQLite without SQLAlchemy, whose import would delay every start of a local stack."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from common.sql.revision import HEAD, VERSION_TABLE


def has_current_tables(path: Path) -> bool:
    """Return whether the file exists and has the tables of this version."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True)) as connection:
            found = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608 - a constant
    except sqlite3.Error:
        return False
    return bool(found == (HEAD,))
