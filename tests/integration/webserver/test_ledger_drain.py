"""The drain of the track record's outbox into SQL: whatever dies, each entry is in the ledger exactly once."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from common.domain.errors import StoreUnavailable
from common.runtime.metrics import LEDGER_DRAINED, LEDGER_WAITING
from common.sql.database_urls import DatabaseUrl
from common.sql.repositories.ledger.chain import read_head
from common.sql.repositories.ledger.verification import verify_chain
from common.sql.store import SqlStore
from test_support.paths import ROOT
from test_support.waiting import until
from tests.integration.common.sql.test_ledger import make_entry
from webserver.track_record import drain as drain_module
from webserver.track_record.drain import MOST_AT_ONCE, LedgerDrain

DYING_DRAIN = """
import os, signal, sys
from common.redis.client.connections import make_redis_client
from common.redis.stores import RedisStores
from common.sql.database_urls import DatabaseUrl
from common.sql.store import SqlStore
from webserver.track_record import drain

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

stores = RedisStores.of(make_redis_client(sys.argv[1]))
store = SqlStore(DatabaseUrl.parse(sys.argv[2]))
step = sys.argv[3]
if step == "after reading":
    drain.append_forecasts = die
elif step == "before the commit":
    append = drain.append_forecasts
    drain.append_forecasts = lambda *arguments: (append(*arguments), die())
elif step == "before removing":
    stores.ledger_outbox.remove = die
drain.LedgerDrain(stores.ledger_outbox, store, stores.clock.now).drain_once()
"""


@pytest.fixture
def drain(redis_stores, sql_store):
    return LedgerDrain(redis_stores.ledger_outbox, sql_store, redis_stores.clock.now)


@pytest.fixture
def run_dying_drain(redis_url, sql_address):
    """Runs a process that drains once and is killed at a step."""

    def run(step):
        url = sql_address.postgresql or f"sqlite:///{sql_address.path}"
        command = [sys.executable, "-c", DYING_DRAIN, redis_url, str(url), step]
        died = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=250, check=False)
        assert died.returncode == -signal.SIGKILL, died.stderr

    return run


def fill(redis_client, numbers):
    redis_client.zadd("ledger_outbox", {make_entry(number).encode(): number for number in numbers})


def recorded(sql_store):
    """Return the number of entries, after a check of the chain."""
    report = sql_store.read(lambda c: verify_chain(c, "forecasts"))
    assert report.problems == ()
    return report.head.number


def drain_all(drain):
    while drain.drain_once():
        pass


def test_entries_move_to_the_ledger_in_batches(drain, redis_client, redis_stores, sql_store):
    fill(redis_client, range(1, MOST_AT_ONCE + 6))
    assert drain.drain_once() == MOST_AT_ONCE
    assert redis_stores.ledger_outbox.count() == 5
    assert (drain.drain_once(), drain.drain_once()) == (5, 0)
    assert recorded(sql_store) == MOST_AT_ONCE + 5


def test_an_entry_that_waits_again_has_no_second_effect(drain, redis_client, sql_store):
    known = LEDGER_DRAINED.labels("known")._value.get()
    for _ in range(2):
        fill(redis_client, range(1, 4))
        drain_all(drain)
    assert recorded(sql_store) == 3
    assert LEDGER_DRAINED.labels("known")._value.get() == known + 3


@pytest.mark.parametrize("step", ["after reading", "before the commit", "before removing"])
def test_a_kill_at_any_step_loses_no_entry_and_doubles_none(step, run_dying_drain, drain, redis_client, sql_store):
    fill(redis_client, range(1, 11))
    run_dying_drain(step)
    assert recorded(sql_store) == (10 if step == "before removing" else 0)
    assert redis_client.zcard("ledger_outbox") == 10
    drain_all(drain)
    assert recorded(sql_store) == 10
    assert redis_client.zcard("ledger_outbox") == 0


def test_several_drains_at_once_record_each_entry_once(redis_client, redis_stores, sql_address, sql_store):
    fill(redis_client, range(1, 101))
    stores = [SqlStore(sql_address) for _ in range(3)]
    drains = [LedgerDrain(redis_stores.ledger_outbox, store, redis_stores.clock.now) for store in stores]
    threads = [threading.Thread(target=drain_all, args=(one,)) for one in drains]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()
    assert recorded(sql_store) == 100
    assert redis_client.zcard("ledger_outbox") == 0


def test_entries_wait_while_the_ledger_is_away(redis_client, redis_stores, drain, sql_store):
    fill(redis_client, [1, 2])
    away = DatabaseUrl.parse("postgresql://user:secret@127.0.0.1:1/none")
    without = LedgerDrain(redis_stores.ledger_outbox, SqlStore(away), redis_stores.clock.now)
    with pytest.raises(StoreUnavailable):
        without.drain_once()
    assert without._turn() == drain_module._PAUSE_S
    assert LEDGER_WAITING._value.get() == 2
    assert redis_client.zcard("ledger_outbox") == 2
    drain_all(drain)
    assert recorded(sql_store) == 2


@pytest.mark.parametrize("garbage", [b"{}", b"", b"\xff\x00", b"[" * 5000, make_entry().encode()[:-9]])
def test_a_damaged_entry_is_logged_and_stops_no_other(garbage, drain, redis_client, sql_store, caplog):
    redis_client.zadd("ledger_outbox", {garbage: 0})
    fill(redis_client, [1])
    drain_all(drain)
    assert recorded(sql_store) == 1
    assert "damaged" in caplog.text
    assert redis_client.zcard("ledger_outbox") == 0


def test_the_loop_drains_by_itself(drain, redis_client, sql_store):
    fill(redis_client, range(1, 31))
    drain.loop.start()
    try:
        until(lambda: sql_store.read(lambda c: read_head(c, "forecasts")).number == 30)
        until(lambda: redis_client.zcard("ledger_outbox") == 0)
    finally:
        drain.loop.stop()
