"""Loops continue after unexpected failures of their turns, and a loop that ends is noticed."""

from __future__ import annotations

import ast
import asyncio
import logging
import threading
from pathlib import Path

import pytest

from common.domain.errors import Busy
from common.domain.kinds import CostClass
from common.redis.client.connections import make_redis_client
from common.redis.leases import LeaseKeeper
from common.redis.stores import RedisStores
from common.rpc.addresses import Address
from common.runtime.log_limits import LogLimit
from common.runtime.metrics import LOOP_FAILURES, LOOP_HEARTBEAT
from common.runtime.supervision import (
    DEAD_AFTER_S,
    STALLED_AFTER_S,
    Heartbeat,
    LoopName,
    TaskLoop,
    ThreadLoop,
    TurnFailures,
    make_liveness_checks,
    make_progress_checks,
    repeat_until,
)
from common.service.readiness import StoreReadiness
from common.service.serving import make_event_loop_heartbeat
from forecast_service.service import ForecastOrderHandler
from forecast_service.workers.pool import WorkerPool
from ingestion_service.service import IngestionService
from ingestion_service.uploads.left_files import LeftFiles
from webserver.alerts.monitor import AlertMonitor
from webserver.market.board.reader import BoardReader
from webserver.market.monitor import MarketMonitor
from webserver.requests.completion_poller import CompletionPoller
from webserver.server.backup_monitor import BackupMonitor
from webserver.stocks.refresh_monitor import RefreshMonitor
from webserver.track_record.drain import LedgerDrain
from webserver.track_record.monitor import TrackRecordMonitor

ROOT = Path(__file__).parents[3]
NAME = LoopName.LEASE_RENEWAL
PATIENCE_S = 100.0
"""Seconds; only a test that hangs takes longer, even on a busy machine."""
UNFORESEEN = [
    ValueError("garbled"),
    OSError(24, "Too many open files"),
    MemoryError(),
    RecursionError(),
    SystemExit(2),
    StopIteration(),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    KeyError("gone"),
]


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Turn:
    """A turn that raises each of its exceptions once and then completes; its first completion sets ``done``."""

    def __init__(self, *exceptions, pause_s=0.001):
        self.left = list(exceptions)
        self.done = threading.Event()
        self.pause_s = pause_s

    def __call__(self):
        if self.left:
            raise self.left.pop(0)
        self.done.set()
        return self.pause_s


def failures():
    return LOOP_FAILURES.labels(NAME)._value.get()


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr("common.runtime.supervision.FAILURE_PAUSE_S", 0.001)


def is_met(check):
    try:
        check()
    except Busy:
        return False
    return True


@pytest.mark.parametrize("exc", UNFORESEEN, ids=repr)
def test_a_thread_continues_after_an_unexpected_failure(exc):
    turn, before = Turn(exc), failures()
    loop = ThreadLoop(NAME, turn, every_s=0.001)
    loop.start()
    try:
        assert turn.done.wait(PATIENCE_S)
        assert is_met(loop.heartbeat.check_progress)
    finally:
        loop.stop()
    assert failures() == before + 1


@pytest.mark.parametrize("exc", [*UNFORESEEN, asyncio.CancelledError()], ids=repr)
def test_a_task_continues_after_an_unexpected_failure(exc):
    turn = Turn(exc)

    async def run():
        async def one():
            return turn()

        loop = TaskLoop(NAME, one, every_s=0.001)
        loop.start()
        assert await asyncio.to_thread(turn.done.wait, PATIENCE_S)
        await loop.stop()
        assert is_met(loop.heartbeat.check_alive)

    asyncio.run(run())


def test_repeat_until_continues_after_a_failure_until_it_is_stopped():
    stopped, turn = threading.Event(), Turn(ValueError("garbled"))

    def one():
        turn()
        stopped.set()

    repeat_until(stopped, LoopName.LOCK_RENEWAL, one, every_s=0.001)
    assert turn.done.is_set()


def test_a_metric_that_cannot_be_written_ends_no_loop(monkeypatch):
    def no_file(*_):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(LOOP_FAILURES, "labels", no_file)
    monkeypatch.setattr(LOOP_HEARTBEAT, "labels", no_file)
    turn = Turn(ValueError())
    loop = ThreadLoop(NAME, turn, every_s=0.001)
    loop.start()
    try:
        assert turn.done.wait(PATIENCE_S)
    finally:
        loop.stop()


def test_a_thread_that_ended_fails_liveness_and_can_be_started_again():
    turn = Turn(KeyboardInterrupt())  # what is not for the loop to survive
    loop = ThreadLoop(NAME, turn, every_s=0.001)
    ended = threading.Event()
    hook, threading.excepthook = threading.excepthook, lambda _: ended.set()
    try:
        loop.start()
        assert ended.wait(PATIENCE_S)
    finally:
        threading.excepthook = hook
    assert not is_met(make_liveness_checks([loop])[NAME])
    assert not is_met(make_progress_checks([loop])[NAME])
    loop._thread.join()
    loop.start()
    assert turn.done.wait(PATIENCE_S)
    assert is_met(loop.heartbeat.check_alive)
    loop.stop()


def test_a_task_cancelled_from_outside_fails_liveness():
    async def run():
        async def one():
            return 0.001

        loop = TaskLoop(NAME, one, every_s=0.001)
        loop.start()
        await asyncio.sleep(0)
        loop._task.cancel()
        await asyncio.wait([loop._task])
        return loop

    assert not is_met(asyncio.run(run()).heartbeat.check_alive)


def test_a_loop_that_was_not_started_or_was_stopped_passes_its_checks():
    loop = ThreadLoop(NAME, Turn(), every_s=0.001)
    assert is_met(loop.heartbeat.check_progress)
    loop.start()
    loop.stop()
    assert is_met(loop.heartbeat.check_progress)
    assert is_met(loop.heartbeat.check_alive)


def test_a_loop_whose_every_turn_fails_is_alive_and_not_ready():
    clock = Clock()
    heart = Heartbeat(NAME, clock=clock)
    heart.begin()
    for _ in range(int(DEAD_AFTER_S) + 1):
        clock.now += 1
        heart.note_failed_turn()
    assert not is_met(heart.check_progress)
    assert is_met(heart.check_alive)
    heart.beat()
    assert is_met(heart.check_progress)


def test_a_loop_that_hangs_in_a_turn_is_first_not_ready_and_then_not_alive():
    clock = Clock()
    heart = Heartbeat(NAME, clock=clock)
    heart.begin()
    clock.now += STALLED_AFTER_S + 1
    assert (is_met(heart.check_progress), is_met(heart.check_alive)) == (False, True)
    clock.now += DEAD_AFTER_S
    assert (is_met(heart.check_progress), is_met(heart.check_alive)) == (False, False)


@pytest.mark.parametrize("kind", [ThreadLoop, TaskLoop])
def test_a_loop_that_would_count_as_stalled_between_two_turns_is_refused(kind):
    with pytest.raises(ValueError, match="stalled after 60"):
        kind(LoopName.ALERT_MONITOR, lambda: None, every_s=31.0, stalled_after_s=60.0)


def test_a_lasting_failure_is_logged_once_with_its_traceback(caplog):
    turn = Turn(*[ValueError("garbled")] * 20, KeyError("another"))
    loop = ThreadLoop(NAME, turn, every_s=0.001)
    with caplog.at_level(logging.ERROR, "common.runtime.supervision"):
        loop.start()
        assert turn.done.wait(PATIENCE_S)
        loop.stop()
    assert [line.exc_info[0] for line in caplog.records] == [ValueError, KeyError]


def test_repeated_lines_are_counted_and_logged_again_after_the_period(caplog):
    clock = Clock()
    limit = LogLimit(logging.getLogger("limited"), 60, clock)
    for key in ("a", "a", "b", "a"):
        limit.log(logging.WARNING, key, "failure %s", key)
    clock.now += 61
    for key in ("a", "a"):
        limit.log(logging.WARNING, key, "failure %s", key)
    assert caplog.messages == ["failure a", "failure b", "failure a (2 more since the last such line)"]


STARTERS = {"Thread", "create_task", "ensure_future", "spawn", "start_new_thread", "Timer"}
BOUNDED = {
    "common/service/health.py": "the server of probes: without it the probes get no answer",
    "common/runtime/tracing/otlp.py": "the sender of spans: without it there are no traces, and requests go on",
    "common/redis/locks.py": "a renewal, for as long as a lock is held, by repeat_until",
    "common/runtime/supervision.py": "the loops themselves",
    "forecast_service/workers/pool.py": "one attempt to warm a worker; the supervised check begins the next",
    "forecast_service/service.py": "one order",
    "forecast_service/replay/run.py": "a wait for the end of the parent process, which ends this one",
    "ingestion_service/prices/lookups.py": "one look-up of prices, until its deadline",
    "ingestion_service/providers/fetch/uninterruptible_calls.py": "one call of a source",
    "ingestion_service/service.py": "one order",
    "webserver/access/audit_trail.py": "one row of the log of changes, within the store's time limits",
    "webserver/access/credential_store.py": "one write of a last use, within the store's time limits",
    "webserver/insights/language_model/writer.py": "one text, within the time-out of the model; two at once",
    "webserver/people/mails.py": "one mail, within the mail server's time limits; four at once",
}
"""Other modules that start a thread or task, and the reason why it ends."""


def starts_of(path):
    """Return the lines of a module that start a thread or a task."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call.lineno for call in calls if name_of(call.func) in STARTERS]


def name_of(function):
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def test_every_unsupervised_thread_or_task_has_a_listed_reason():
    folders = ("common", "webserver", "ingestion_service", "forecast_service")
    modules = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    starting = {str(path.relative_to(ROOT)) for path in modules if starts_of(path)}
    assert starting - set(BOUNDED) == set()


def loops_of_all_services():
    """Return every loop by its name, as the services build them."""
    redis_stores = RedisStores.of(make_redis_client("redis://127.0.0.1:1/0"))  # it connects at its first use
    leases = LeaseKeeper(redis_stores.attempts)
    pool, long_pool = WorkerPool("bucket", size=1), WorkerPool("bucket", size=1, cost=CostClass.LONG)
    forecast = ForecastOrderHandler(redis_stores, leases, {CostClass.QUICK: pool, CostClass.LONG: long_pool})
    ingestion = IngestionService(redis_stores.attempts, leases, None, None, Address("127.0.0.1", 1))
    store = StoreReadiness(None)
    left = LeftFiles(None, None)
    watch = CompletionPoller(lambda: 0, lambda _: {})
    pulse = make_event_loop_heartbeat()
    drain = LedgerDrain(redis_stores.ledger_outbox, None, None)
    monitor = AlertMonitor(redis_stores.alert_runs, None, None)
    made = (
        leases.loop,
        pool.loop,
        long_pool.loop,
        forecast.capacity,
        ingestion.recovery,
        store.loop,
        left.loop,
        watch.loop,
        drain.loop,
        monitor.loop,
        TrackRecordMonitor(redis_stores.calibration).loop,
        MarketMonitor(redis_stores.market_runs).loop,
        RefreshMonitor(redis_stores.refresh_runs).loop,
        BackupMonitor(redis_stores.backup_runs).loop,
        BoardReader(None, "bucket", {}).loop,
        pulse,
    )
    return {loop.name: loop for loop in made}


def test_every_loop_name_belongs_to_one_loop():
    assert set(loops_of_all_services()) == set(LoopName) - {LoopName.LOCK_RENEWAL}  # see the test of repetitions


@pytest.mark.parametrize("name", sorted(set(LoopName) - {LoopName.LOCK_RENEWAL}))
def test_each_loop_continues_after_an_unexpected_failure(name):
    turn = Turn(ValueError("garbled"))

    async def run():
        loop = loops_of_all_services()[name]

        async def one():
            return turn()

        loop.turn = one if isinstance(loop, TaskLoop) else turn
        loop._failures = TurnFailures(loop.name, 0.001)  # some wait for a minute between two turns
        loop.start()
        try:
            assert await asyncio.to_thread(turn.done.wait, PATIENCE_S)
            assert is_met(loop.heartbeat.check_progress)
            assert is_met(loop.heartbeat.check_alive)
        finally:
            if isinstance(loop, TaskLoop):
                await loop.stop()
            else:
                await asyncio.to_thread(loop.stop)

    asyncio.run(run())
