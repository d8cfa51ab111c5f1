"""The schema after all migrations is the schema of the code, on both databases."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from common.domain.errors import StoreUnavailable
from common.sql import engines
from common.sql.database_urls import DatabaseUrl, sqlite_url
from common.sql.drivers import postgresql
from common.sql.engines import make_engine
from common.sql.migrate import LOCK, configuration, find_problem, find_revision, migrate
from common.sql.repositories.people.accounts import LOCAL_ACCOUNT_ID, find_account
from common.sql.revision import HEAD
from common.sql.schema import METADATA, schema_support
from common.sql.store import SqlStore
from test_support.paths import ROOT


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_address(request, tmp_path):
    if request.param == "sqlite":
        return DatabaseUrl(path=tmp_path / "new" / "stockcast.sqlite")
    server = request.getfixturevalue("postgres_server")
    name = f"empty_{request.node.name}"
    return DatabaseUrl.parse(server.create_database("".join(c if c.isalnum() else "_" for c in name)[:60].lower()))


def set_revision(address, revision, oldest):
    """Give the store the revision of a newer version, and the oldest revision whose code can use it."""
    engine = make_engine(address)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
        connection.execute(sa.update(schema_support).values(oldest_revision=oldest))
    engine.dispose()


def test_the_migrated_store_has_exactly_the_tables_of_the_code(sql_address):
    engine = make_engine(sql_address)
    with engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_foreign_keys_delete_what_belongs_to_a_deleted_row(sql_address):
    engine = make_engine(sql_address)
    with engine.begin() as connection:
        inspector = sa.inspect(connection)
        keys = [key for table in METADATA.tables for key in inspector.get_foreign_keys(table)]
    engine.dispose()
    assert len(keys) == 12
    assert {key["options"].get("ondelete") for key in keys} == {"CASCADE"}


def test_the_revision_of_the_code_is_the_newest_migration():
    assert ScriptDirectory.from_config(configuration()).get_heads() == [HEAD]


def test_a_new_store_has_the_account_of_the_machine(sql_store):
    account = sql_store.read(lambda connection: find_account(connection, LOCAL_ACCOUNT_ID))
    assert account is not None
    assert (account.email, account.is_admin) == (None, False)
    assert account.created_at.utcoffset().total_seconds() == 0


def test_a_second_migration_changes_nothing(sql_address):
    assert migrate(sql_address) == HEAD
    assert find_revision(sql_address) == HEAD


def test_simultaneous_migrations_wait_for_each_other(empty_address):
    command = [sys.executable, "-m", "common.sql", "migrate"]
    address = empty_address.postgresql or sqlite_url(empty_address.path)
    settings = {"DATABASE_URL": address, "PATH": "/usr/bin:/bin"}

    def run(_number):
        return subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)

    with ThreadPoolExecutor() as pool:
        done = list(pool.map(run, range(4)))
    assert [process.returncode for process in done] == [0] * 4, [process.stderr for process in done]
    assert sum("it had none" in process.stdout for process in done) == 1
    assert find_revision(empty_address) == HEAD


def test_a_migration_waits_for_another_one_for_longer_than_a_request_may(sql_address, monkeypatch):
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_S", 0.05)
    monkeypatch.setattr(postgresql, "REPLY_DELAY_S", 0.05 - engines.STATEMENT_TIMEOUT_S)
    other = make_engine(sql_address, statement_timeout_s=0)
    with ThreadPoolExecutor(1) as pool:
        with other.begin() as connection:
            if sql_address.path is None:
                connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({LOCK})"))
            waiting = pool.submit(migrate, sql_address)
            with pytest.raises(TimeoutError):
                waiting.result(0.5)
        assert waiting.result(100) == HEAD
    other.dispose()


def test_a_new_file_to_which_another_process_writes_first_is_migrated_afterwards(tmp_path):
    """SQLite itself does not wait for this lock when a write-ahead log begins."""
    path = tmp_path / "stockcast.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as other, ThreadPoolExecutor(1) as pool:
        other.execute("BEGIN IMMEDIATE")
        waiting = pool.submit(migrate, DatabaseUrl(path=path))
        with pytest.raises(TimeoutError):
            waiting.result(0.5)
        other.execute("COMMIT")
        assert waiting.result(100) is None


def test_a_migration_that_fails_leaves_nothing(empty_address, monkeypatch):
    def fail(connection):
        connection.execute(sa.text("CREATE TABLE half (id INTEGER)"))
        raise RuntimeError

    monkeypatch.setattr("common.sql.migrate.command.upgrade", lambda config, _: fail(config.attributes["connection"]))
    with pytest.raises(RuntimeError):
        migrate(empty_address)
    engine = make_engine(empty_address)
    with engine.begin() as connection:
        assert sa.inspect(connection).get_table_names() == []
    engine.dispose()


def test_a_store_of_a_newer_version_that_supports_this_one_is_used_and_left_as_it_is(sql_address):
    set_revision(sql_address, "9999", HEAD)
    assert migrate(sql_address) == "9999"
    assert find_problem(sql_address) is None
    store = SqlStore(sql_address)
    assert store.is_ready()
    store.close()


def test_a_store_of_a_newer_version_without_support_is_neither_migrated_nor_used(sql_address, caplog):
    set_revision(sql_address, "9999", "9998")
    with pytest.raises(StoreUnavailable, match="newer version"):
        migrate(sql_address)
    store = SqlStore(sql_address)
    with pytest.raises(StoreUnavailable):
        store.read(lambda _: None)
    store.close()
    assert f"it has revision 9999, which supports versions from revision 9998; this one has {HEAD}" in caplog.text


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_cannot_hold_every_text_is_refused(postgres_server, encoding):
    name = f"without_{encoding.lower()}"
    postgres_server.execute(f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")
    address = DatabaseUrl.parse(postgres_server.url(name))
    with pytest.raises(StoreUnavailable, match=f"has the encoding {encoding}"):
        migrate(address)
    assert find_revision(address) is None


def test_a_store_is_used_as_soon_as_it_is_migrated(empty_address):
    if empty_address.path:
        empty_address.path.parent.mkdir()
        empty_address.path.touch()
    store = SqlStore(empty_address)
    assert not store.is_ready()
    migrate(empty_address)
    assert store.is_ready()
    store.close()


def test_the_command_wait_ends_as_soon_as_the_store_is_migrated(empty_address):
    address = empty_address.postgresql or sqlite_url(empty_address.path)
    command = [sys.executable, "-m", "common.sql", "wait"]
    settings = {"DATABASE_URL": address, "PATH": "/usr/bin:/bin"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, env=settings, text=True, **pipes) as waiting:
        assert any(line.startswith("waiting: ") for line in waiting.stderr)
        migrate(empty_address)
        assert waiting.wait(100) == 0
        assert waiting.stdout.read() == f"The SQL store has revision {HEAD}.\n"


def test_only_the_owner_can_read_the_file(tmp_path):
    path = tmp_path / "stockcast.sqlite"
    migrate(DatabaseUrl(path=path))
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("settings", "status", "words"),
    [
        ({}, 2, "setting DATABASE_URL: has to be set"),
        ({"DATABASE_URL": "mysql://root:planted-secret@db/stockcast"}, 2, "setting DATABASE_URL: must be sqlite:////"),
        ({"DATABASE_URL": "sqlite:////nowhere/at/all.sqlite"}, 1, "error: Accounts and lists cannot be read"),
    ],
)
def test_the_command_reports_what_is_wrong_without_a_password(settings, status, words):
    command = [sys.executable, "-m", "common.sql", "check"]
    done = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert words in done.stderr
    assert "planted-secret" not in done.stderr
