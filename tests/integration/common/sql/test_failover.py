"""A primary of PostgreSQL that is demoted, and the units of work that go to the promoted replica."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from common.domain.errors import StoreUnavailable
from common.sql.database_urls import DatabaseUrl
from common.sql.migrate import migrate
from common.sql.repositories.people.accounts import NewAccount, create_account, list_accounts
from common.sql.store import Connection, SqlStore
from test_support.network.fault_proxy import FaultProxy, fault_proxies
from test_support.stores.postgres import RunningPostgres, running_postgres, running_replica
from test_support.waiting import until

NOW = datetime(2026, 5, 4, tzinfo=UTC)


@pytest.fixture
def servers(postgres_server: RunningPostgres) -> Iterator[tuple[RunningPostgres, RunningPostgres]]:
    """A primary with a migrated store, and its replica. ``postgres_server`` skips without PostgreSQL."""
    with running_postgres() as primary:
        migrate(DatabaseUrl.parse(primary.create_database("stockcast")))
        with running_replica(primary) as replica:
            yield primary, replica


@pytest.fixture
def store(servers: tuple[RunningPostgres, RunningPostgres], proxy: FaultProxy) -> Iterator[SqlStore]:
    """A store whose address leads to the primary, as a Service does."""
    address = servers[0].url("stockcast").replace(f":{servers[0].port}/", f":{proxy.port}/")
    store = SqlStore(DatabaseUrl.parse(address))
    yield store
    store.close()


@pytest.fixture
def proxy(servers: tuple[RunningPostgres, RunningPostgres]) -> Iterator[FaultProxy]:
    """The name that leads to the current primary; connections that are open stay with the earlier one."""
    with fault_proxies(servers[0].port) as (proxy,):
        yield proxy


def add(store: SqlStore, email: str) -> None:
    store.transaction(lambda connection: create_account(connection, NewAccount(email), NOW))


def emails(store: SqlStore) -> set[str | None]:
    return {account.email for account in store.read(list_accounts)}


def test_a_demoted_primary_is_an_outage_that_ends_at_the_next_unit(
    servers: tuple[RunningPostgres, RunningPostgres], proxy: FaultProxy, store: SqlStore
) -> None:
    primary, replica = servers
    add(store, "before@example.com")
    until(lambda: emails_at(replica) == {"before@example.com"}, complaint="the replica did not follow")
    replica.execute("SELECT pg_promote(wait => true)")
    proxy.set_target(replica.port)
    primary.execute("ALTER SYSTEM SET default_transaction_read_only = on")
    primary.execute("SELECT pg_reload_conf()")
    # The open connection still leads to the former primary, which answers every ping.
    until(lambda: is_refused(store), complaint="the former primary was not left")
    add(store, "after@example.com")
    assert emails(store) == {"before@example.com", "after@example.com"} == emails_at(replica)
    assert emails_at(primary) == {"before@example.com"}


def test_a_connection_that_the_server_ends_in_a_unit_is_an_outage_and_undoes_the_unit(
    servers: tuple[RunningPostgres, RunningPostgres], store: SqlStore
) -> None:
    def work(connection: Connection) -> None:
        create_account(connection, NewAccount("half@example.com"), NOW)
        servers[0].execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'stockcast'"
        )
        create_account(connection, NewAccount("other@example.com"), NOW)

    with pytest.raises(StoreUnavailable):
        store.transaction(work)
    add(store, "later@example.com")
    assert emails(store) == {"later@example.com"}


def emails_at(server: RunningPostgres) -> set[str | None]:
    store = SqlStore(DatabaseUrl.parse(server.url("stockcast")))
    try:
        return emails(store)
    finally:
        store.close()


def is_refused(store: SqlStore) -> bool:
    """Return whether a write is refused; one before the server has read its new configuration is undone."""

    class Undone(Exception):
        """Undoes the unit."""

    def work(connection: Connection) -> None:
        create_account(connection, NewAccount("undone@example.com"), NOW)
        raise Undone

    try:
        store.transaction(work)
    except StoreUnavailable:
        return True
    except Undone:
        return False
    raise AssertionError
