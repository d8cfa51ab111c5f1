"""Copies of the whole SQL store in one file, for backups: a database of SQLite, or an archive of pg_dump."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from psycopg.conninfo import conninfo_to_dict

from common.sql.database_urls import DatabaseUrl
from common.sql.engines import make_engine
from common.sql.failures import make_unavailable, sql_call
from common.sql.migrate import find_revision, migrate, require_known_revision
from common.sql.revision import VERSION_TABLE
from common.sql.schema import METADATA
from common.sql.store import SqlStore

_ENVIRONMENT = {
    "host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD",
    "dbname": "PGDATABASE", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}  # fmt: skip
"""libpq's variables. Other users can read the command line, but not the environment."""
_TIMEOUT_S = 3600


class DamagedCopy(Exception):
    """The file is no whole copy of an SQL store."""


class NoPostgresqlProgram(Exception):
    """The machine lacks a program of PostgreSQL. The message has its name."""


def count_rows(url: DatabaseUrl) -> dict[str, int]:
    """Return the number of rows of each table.

    Raises:
        StoreUnavailable: the database cannot be used.
    """
    store = SqlStore(url)

    def count(connection: sa.Connection) -> dict[str, int]:
        counts = {name: sa.select(sa.func.count()).select_from(table) for name, table in METADATA.tables.items()}
        return {name: int(connection.execute(counted).scalar_one()) for name, counted in counts.items()}

    try:
        return store.read(count)
    finally:
        store.close()


def save_copy(url: DatabaseUrl, target: Path) -> str | None:
    """Copy the store, as it is at one moment, into a new file; return its revision.

    Raises:
        StoreUnavailable: the database cannot be read.
        NoPostgresqlProgram: pg_dump is missing.
    """
    revision = find_revision(url)
    if url.path is not None:
        _copy_sqlite(url.path, target)
    else:
        options = ("--format=custom", "--no-owner", "--no-privileges", "--lock-wait-timeout=30s")
        _run_program("pg_dump", (*options, f"--file={target}"), str(url.postgresql))
    return revision


def load_copy(url: DatabaseUrl, copy: Path, revision: str | None) -> None:
    """Replace the content of the store by a copy of the same kind, in one transaction; then migrate it.

    Args:
        url: the address of the store.
        copy: the file.
        revision: the revision that :func:`save_copy` returned.

    Raises:
        DamagedCopy: the file is no whole copy. The store is unchanged.
        StoreUnavailable: the database cannot be written, or the copy is of a newer version.
        NoPostgresqlProgram: pg_restore is missing.
    """
    if url.path is None:
        _load_postgresql(url, copy, revision)
        return
    check_sqlite(copy)
    migrate(DatabaseUrl(path=copy))  # before the content of the store changes
    migrate(url)
    _copy_sqlite(copy, url.path)


def check_sqlite(copy: Path) -> None:
    """Check a copy of SQLite from its first to its last page.

    Raises:
        DamagedCopy: it is not whole.
    """
    try:
        with closing(sqlite3.connect(_uri(copy), uri=True)) as connection:
            found = connection.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.Error as exc:
        raise DamagedCopy from exc
    if found != ("ok",):
        raise DamagedCopy


def _copy_sqlite(source: Path, target: Path) -> None:
    """Copy all pages in one transaction of the target, which other processes may have open."""
    try:
        with (
            closing(sqlite3.connect(_uri(source), uri=True)) as read,
            closing(sqlite3.connect(target, timeout=30)) as written,
        ):
            read.backup(written)
    except sqlite3.Error as exc:
        raise make_unavailable(str(exc)) from exc


def _uri(path: Path) -> str:
    return f"file:{quote(str(path))}?mode=rw"


def _load_postgresql(url: DatabaseUrl, copy: Path, revision: str | None) -> None:
    address = str(url.postgresql)
    require_known_revision(revision)
    find_program("pg_restore")
    if find_revision(url) not in {None, revision}:
        _drop_tables(url)
    options = ("--no-owner", "--no-privileges", "--clean", "--if-exists", "--single-transaction", "--exit-on-error")
    _run_program("pg_restore", (*options, f"--dbname={_database(address)}", str(copy)), address)
    migrate(url)


def _drop_tables(url: DatabaseUrl) -> None:
    """Drop the tables of this version. A copy of an older one would not replace all of them."""
    names = ", ".join(f'"{name}"' for name in (*METADATA.tables, VERSION_TABLE))
    engine = make_engine(url, statement_timeout_s=30)
    try:
        with sql_call(), engine.begin() as connection:
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {names} CASCADE")
    finally:
        engine.dispose()


def _database(address: str) -> str:
    return str(conninfo_to_dict(address)["dbname"])


def _run_program(name: str, options: tuple[str, ...], address: str) -> None:
    command = [find_program(name), "--no-password", *options]
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own program
        command, env=_libpq_environment(address), capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"{name} failed"]
        raise make_unavailable(f"{name}: {lines[0][:200]}") from None


def _libpq_environment(address: str) -> Mapping[str, str]:
    given = {_ENVIRONMENT[key]: str(value) for key, value in conninfo_to_dict(address).items() if key in _ENVIRONMENT}
    return {"PATH": os.environ.get("PATH", os.defpath), "PGCONNECT_TIMEOUT": "5", "LC_ALL": "C"} | given


def find_program(name: str) -> str:
    """Return the path of a program of PostgreSQL.

    Raises:
        NoPostgresqlProgram: it is not installed.
    """
    found = shutil.which(name)
    if found is None:
        raise NoPostgresqlProgram(name)
    return found
