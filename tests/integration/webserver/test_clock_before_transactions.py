"""Changes in the SQL store read the clock first: their transactions run in other threads, and the clock is Redis's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from common.domain.errors import NotFound
from common.sql.database_urls import DatabaseUrl
from common.sql.repositories.people.accounts import LOCAL_ACCOUNT_ID
from common.sql.repositories.watchlists import WatchlistEdit, WatchlistItem
from common.sql.store import SqlStore
from webserver.alerts.models import ChannelRequest
from webserver.alerts.outbox import Outbox
from webserver.alerts.service import AlertService
from webserver.watchlists.service import WatchlistService


class NoCloses:
    """No stored prices."""

    def read(self, ticker: str, version: str | None = None) -> Any:
        del version
        raise NotFound(ticker)


class Receiver:
    """Receives every notification."""

    def send(self, _due: object) -> str:
        return "200"


def now() -> datetime:
    """Return the time; fail in another thread, as a connection to Redis does under gevent."""
    assert threading.current_thread() is threading.main_thread()
    return datetime.now(UTC)


@pytest.fixture
def store(sqlite_address: DatabaseUrl) -> Iterator[SqlStore]:
    with ThreadPoolExecutor(1) as pool:
        made = SqlStore(sqlite_address, lambda work: pool.submit(work).result())
        yield made
        made.close()


def test_changes_of_lists(store: SqlStore) -> None:
    service = WatchlistService(store, NoCloses(), now)  # type: ignore[arg-type]
    made = service.create(LOCAL_ACCOUNT_ID, "Energy")
    service.put(LOCAL_ACCOUNT_ID, made.id, [WatchlistItem("XOM", 30, 0.8, "blend")])
    service.edit(LOCAL_ACCOUNT_ID, made.id, WatchlistEdit(name="Oil"))
    service.remove(LOCAL_ACCOUNT_ID, made.id, "XOM")
    assert service.read(LOCAL_ACCOUNT_ID, made.id).items == ()


def test_notifications(store: SqlStore) -> None:
    outbox = Outbox(store, {"webhook": Receiver()}, now)
    service = AlertService(store, NoCloses(), outbox, now)
    wanted = ChannelRequest(kind="webhook", name="Mine", url="https://a.example")
    channel = service.add_channel(LOCAL_ACCOUNT_ID, wanted, may_reach_anybody=False)
    sent = service.test_channel(LOCAL_ACCOUNT_ID, channel.id)
    assert sent.state == "delivered"
    assert service.redeliver(LOCAL_ACCOUNT_ID, sent.id).state == "delivered"
