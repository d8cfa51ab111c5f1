"""Units of work on SQLite and PostgreSQL, and what happens while a database is away."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest
import sqlalchemy as sa

from common.domain.errors import StoreUnavailable
from common.runtime.metrics import SQL_FAILURES
from common.sql import engines
from common.sql.database_urls import DatabaseUrl
from common.sql.drivers import postgresql
from common.sql.migrate import migrate
from common.sql.repositories.people.accounts import NewAccount, create_account, find_account, list_accounts
from common.sql.store import SqlStore
from test_support.paths import ROOT
from test_support.stores.postgres import running_postgres

NOW = datetime(2026, 5, 4, 3, 2, 1, 654321, tzinfo=UTC)


def add(store, email="ada@example.com", now=NOW):
    return store.transaction(lambda connection: create_account(connection, NewAccount(email), now))


def count(store):
    return len(store.read(list_accounts))


def test_an_exception_undoes_the_whole_unit(sql_store):
    def work(connection):
        create_account(connection, NewAccount("ada@example.com"), NOW)
        raise KeyError

    with pytest.raises(KeyError):
        sql_store.transaction(work)
    assert count(sql_store) == 0


def test_a_reading_unit_cannot_write(sql_store):
    with pytest.raises((StoreUnavailable, sa.exc.DBAPIError)):
        sql_store.read(lambda connection: create_account(connection, NewAccount("ada@example.com"), NOW))
    assert count(sql_store) == 0


def test_a_time_returns_in_utc_with_its_microseconds(sql_store):
    tokyo = NOW.astimezone(timezone(timedelta(hours=9)))
    account = add(sql_store, now=tokyo)
    found = sql_store.read(lambda connection: find_account(connection, account.id))
    assert found.created_at == NOW
    assert found.created_at.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(sql_store):
    with pytest.raises(sa.exc.StatementError, match="needs a zone"):
        add(sql_store, now=NOW.replace(tzinfo=None))


def test_simultaneous_writes_wait_for_each_other(sql_store):
    def write(number):
        add(sql_store, f"{number}@example.com")

    threads = [threading.Thread(target=write, args=[number]) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    accounts = sql_store.read(list_accounts)
    assert len(accounts) == 12
    assert sum(account.is_admin for account in accounts) == 1


def test_without_an_address_the_store_is_unavailable():
    with pytest.raises(StoreUnavailable) as caught:
        SqlStore(None).read(lambda _: None)
    assert (caught.value.code, caught.value.detail) == (
        "store_unavailable",
        "Accounts and lists cannot be read or written now. Forecasts still work. Try again later.",
    )


def test_sqlite_keeps_what_it_acknowledged(sqlite_address, monkeypatch):
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_S", 5)

    def pragmas(connection):
        names = ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

    assert SqlStore(sqlite_address).transaction(pragmas) == ["wal", 1, 2, 5000]


def test_a_missing_file_is_not_made(tmp_path):
    path = tmp_path / "none.sqlite"
    assert not SqlStore(DatabaseUrl(path=path)).is_ready()
    assert not path.exists()


def test_a_file_that_is_no_database_is_unavailable(tmp_path):
    path = tmp_path / "text.sqlite"
    path.write_text("This is not a database. " * 100)
    assert not SqlStore(DatabaseUrl(path=path)).is_ready()


def test_a_file_that_another_program_locks_is_unavailable_for_a_while(sqlite_address, monkeypatch):
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_S", 0.05)
    store = SqlStore(sqlite_address)
    with sqlite3.connect(sqlite_address.path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        assert store.is_ready()
        with pytest.raises(StoreUnavailable):
            add(store)
        other.execute("ROLLBACK")
    other.close()
    add(store)


def test_a_full_disk_is_unavailable_and_loses_nothing(sqlite_address, monkeypatch):
    add(SqlStore(sqlite_address))
    full = (*engines._PRAGMAS, "max_page_count = 1")
    monkeypatch.setattr(engines, "_PRAGMAS", full)
    store = SqlStore(sqlite_address)

    def fill(connection):
        for number in range(100):
            create_account(connection, NewAccount(f"{number}@example.com", "x" * 1000), NOW)

    with pytest.raises(StoreUnavailable):
        store.transaction(fill)
    assert count(store) == 1


_READ_ONLY = """
import sys
from pathlib import Path
from common.domain.errors import StoreUnavailable
from common.sql.database_urls import DatabaseUrl
from common.sql.migrate import migrate
from common.sql.repositories.people.accounts import NewAccount, create_account
from common.sql.store import SqlStore
from datetime import UTC, datetime
import os
store = SqlStore(DatabaseUrl(path=Path(sys.argv[1])))
import sqlalchemy, common.sql.engines, common.sql.schema, common.sql.failures, encodings.idna, uuid
import sqlalchemy.dialects.sqlite
if os.geteuid() == 0:
    os.setgid(65534); os.setuid(65534)
try:
    store.transaction(lambda c: create_account(c, NewAccount("ada@example.com"), datetime.now(UTC)))
except StoreUnavailable as exc:
    print(exc.code)
"""


def test_a_file_that_cannot_be_written_is_unavailable(sqlite_address):
    sqlite_address.path.chmod(0o444)
    for folder in (sqlite_address.path.parent, *sqlite_address.path.parents):
        if folder.stat().st_uid == os.geteuid() and folder.stat().st_mode & 0o777 == 0o700:
            folder.chmod(0o755)
    command = [sys.executable, "-c", _READ_ONLY, str(sqlite_address.path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == "store_unavailable\n", done.stderr


def test_a_failure_is_counted_and_logged_without_values(sqlite_address, caplog):
    store = SqlStore(sqlite_address)
    sqlite_address.path.unlink()
    before = SQL_FAILURES._value.get()
    with pytest.raises(StoreUnavailable):
        add(store, "planted-secret@example.com")
    assert SQL_FAILURES._value.get() == before + 1
    assert "the SQL store cannot be used: unable to open database file" in caplog.text
    assert "planted-secret" not in caplog.text


def test_a_killed_postgresql_is_unavailable_until_it_is_back(postgres_server, make_postgresql_address):
    store = SqlStore(make_postgresql_address())
    add(store)
    with psycopg.connect(postgres_server.url(), autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    assert count(store) == 1, "a connection that was closed is replaced"
    store.close()


def test_a_postgresql_that_ends_in_the_middle_undoes_the_unit():
    with running_postgres() as server:
        address = DatabaseUrl.parse(server.create_database("killed"))
        migrate(address)
        store = SqlStore(address)

        def work(connection):
            create_account(connection, NewAccount("ada@example.com"), NOW)
            server.kill()
            create_account(connection, NewAccount("bob@example.com"), NOW)

        with pytest.raises(StoreUnavailable):
            store.transaction(work)
        began = time.monotonic()
        assert not store.is_ready()
        assert time.monotonic() - began < 5
        store.close()


def test_a_postgresql_that_stands_still_is_unavailable_after_the_time_limit(monkeypatch):
    with running_postgres() as server:
        address = DatabaseUrl.parse(server.create_database("still"))
        migrate(address)
        store = SqlStore(address)
        assert count(store) == 0
        children = subprocess.run(
            ["pgrep", "-P", str(server.process.pid)], capture_output=True, text=True, check=True
        ).stdout.split()
        still = [server.process.pid, *map(int, children)]
        send_to_all(still, signal.SIGSTOP)
        try:
            with monkeypatch.context() as patch:
                # Only now: on a busy machine, a reply may take so long.
                patch.setattr(postgresql, "REPLY_DELAY_S", 0.5 - engines.STATEMENT_TIMEOUT_S)
                with pytest.raises(StoreUnavailable):
                    store.read(list_accounts)
        finally:
            send_to_all(still, signal.SIGCONT)
        assert count(store) == 0
        store.close()


def send_to_all(pids, number):
    """Send a signal. A process of the server's maintenance may have ended in the meantime."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def test_a_server_name_without_an_address_is_unavailable():
    assert not SqlStore(DatabaseUrl.parse("postgresql://u:p@nowhere.invalid/stockcast")).is_ready()


def test_a_database_that_refuses_is_unavailable(postgres_server):
    assert not SqlStore(DatabaseUrl.parse(postgres_server.url("no_such_database"))).is_ready()


def test_a_wrong_address_is_unavailable_and_its_password_not_logged(caplog):
    for ending in ("?planted-secret=1", "?sslmode=%zz"):
        url = DatabaseUrl.parse(f"postgresql://u:planted-secret@127.0.0.1:1/stockcast{ending}")
        assert not SqlStore(url).is_ready()
    assert "DATABASE_URL has an unknown option" in caplog.text
    assert "planted-secret" not in caplog.text
