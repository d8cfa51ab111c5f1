"""A local stack migrates its SQL store beside the start of its services."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from common.sql.database_urls import DatabaseUrl, sqlite_url
from common.sql.sqlite_files import create_tables, has_current_tables
from local_stack.sql_migration import LOG, SqlMigration, migrating
from test_support.waiting import until


def environment(url: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "DATABASE_URL": url}


def finish(migration: SqlMigration) -> None:
    until(lambda: not migration.is_running, 100, "the migration did not end")


def content_of(path: Path) -> list[str]:
    """Return the tables and rows of a file, without times and the form of the statements."""
    with closing(sqlite3.connect(path)) as connection:
        lines = [re.sub(r"\s+", " ", statement) for statement in connection.iterdump()]
    return [re.sub(r"'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}'", "TIME", line) for line in lines]


def test_a_missing_file_is_made_without_a_process(sqlite_address: DatabaseUrl, tmp_path: Path) -> None:
    path = tmp_path / "a folder with % and ?" / "stockcast.sqlite"
    assert DatabaseUrl.parse(sqlite_url(path)).path == path
    with migrating(environment(sqlite_url(path)), tmp_path / "logs") as migration:
        assert not migration.is_running
        assert not migration.has_failed
    assert not (tmp_path / "logs").exists()
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    assert path.stat().st_mode & 0o777 == 0o600
    assert sqlite_address.path is not None
    assert content_of(path) == content_of(sqlite_address.path), "python -m tools.sqlite_tables"


def test_an_existing_file_is_migrated_and_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "stockcast.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE of_the_user (line TEXT)")
    assert not create_tables(path)
    with migrating(environment(sqlite_url(path)), tmp_path / "logs") as migration:
        finish(migration)
        assert not migration.has_failed
    assert has_current_tables(path)
    assert any("of_the_user" in line for line in content_of(path))


def test_a_file_that_cannot_be_made_is_a_logged_failure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with migrating(environment(sqlite_url(tmp_path / "file" / "stockcast.sqlite")), tmp_path / "logs") as migration:
        finish(migration)
        assert migration.has_failed
    assert (tmp_path / "logs" / LOG).read_text().strip()


def test_current_tables_need_no_process(sqlite_address: DatabaseUrl, tmp_path: Path) -> None:
    assert sqlite_address.path is not None
    with migrating(environment(sqlite_url(sqlite_address.path)), tmp_path / "logs") as migration:
        assert not migration.is_running
        assert not migration.has_failed
    assert not (tmp_path / "logs").exists()


@pytest.mark.parametrize("url", ["mysql://root:planted-secret@db/x", "postgresql://u:planted-secret@127.0.0.1:1/x"])
def test_a_failure_is_logged_without_the_password(url: str, tmp_path: Path) -> None:
    with migrating(environment(url), tmp_path) as migration:
        finish(migration)
        assert migration.has_failed
    log = (tmp_path / LOG).read_text()
    assert log.strip()
    assert "planted-secret" not in log


def test_a_file_that_is_no_database_has_no_tables(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("This is no database. " * 100)
    assert not has_current_tables(path)
    assert not has_current_tables(tmp_path / "missing")
