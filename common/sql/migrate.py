"""Migrations of the SQL store to the schema of this version."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from common.domain.errors import StoreUnavailable
from common.sql.database_urls import DatabaseUrl
from common.sql.engines import make_engine
from common.sql.failures import sql_call
from common.sql.store import find_revision_problem, read_revision

FOLDER = Path(__file__).resolve().parent / "migrations"
LOCK = 7_301_846_525
"""The number of the advisory lock on PostgreSQL that migrations take."""
_NEWER = (
    "A newer version of Stockcast has changed the accounts and lists. "
    "Install that version, or restore an earlier backup."
)


def migrate(url: DatabaseUrl) -> str | None:
    """Bring the store to this version's schema, in one transaction. Several migrations at once wait for each other.

    A later schema that supports this version stays as it is.

    Returns:
        The revision before; None if the store was empty.

    Raises:
        StoreUnavailable: the database cannot be used, its encoding is not UTF8, or a newer version made tables that do
            not support this one.
    """
    engine = make_engine(url, create=True, statement_timeout_s=0)
    try:
        with sql_call(), engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
                _require_unicode(connection)
            before = read_revision(connection)
            if find_revision_problem(connection) is not None:
                require_known_revision(before)
                command.upgrade(configuration(connection), "head")
            return before
    finally:
        engine.dispose()


def find_revision(url: DatabaseUrl) -> str | None:
    """Return the revision of the store, or None if its tables do not exist.

    Raises:
        StoreUnavailable: the database cannot be used.
    """
    return _read(url, read_revision)


def find_problem(url: DatabaseUrl) -> str | None:
    """Return why this version cannot use the tables of the store, or None if it can.

    Raises:
        StoreUnavailable: the database cannot be used.
    """
    return _read(url, find_revision_problem)


def _read(url: DatabaseUrl, read: Callable[[Connection], str | None]) -> str | None:
    engine = make_engine(url)
    try:
        with sql_call(), engine.begin() as connection:
            return read(connection)
    finally:
        engine.dispose()


def _require_unicode(connection: Connection) -> None:
    """Check that a database of PostgreSQL can hold every text.

    Raises:
        StoreUnavailable: it has another encoding than UTF8.
    """
    encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        raise StoreUnavailable(
            f"The database of DATABASE_URL has the encoding {encoding}. Create one with ENCODING 'UTF8'."
        )


def configuration(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for a connection."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def require_known_revision(revision: str | None) -> None:
    """Check that this version can migrate from a revision.

    Raises:
        StoreUnavailable: it is of a newer version.
    """
    known = {script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()}
    if revision is not None and revision not in known:
        raise StoreUnavailable(_NEWER)
