"""Alerts whose process is killed at random points, or runs twice: none is lost, and none fires twice for a close."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from uuid import UUID

import pytest
import sqlalchemy as sa

from common.domain.questions import ForecastQuestion
from common.domain.results import Forecast
from common.sql import engines, schema
from common.sql.database_urls import DatabaseUrl
from common.sql.repositories.alerts import Alert, add_alert
from common.sql.repositories.channels import Channel, add_channel
from common.sql.repositories.people.accounts import LOCAL_ACCOUNT_ID
from common.sql.store import SqlStore
from test_support.network.http_server import serving
from webserver.alerts import judge, outbox
from webserver.alerts.channels.allowed_addresses import AllowedAddresses
from webserver.alerts.channels.web_push import PushKey, WebPushSender
from webserver.alerts.channels.webhook import WebhookSender, new_signing_secret
from webserver.stocks.closes import Closes

ALERTS, STOCKS, ROUNDS, KILLS = 24, 6, 4, 6
"""Each round has a new close. Half of the alerts fire on it, each to two channels."""
FIRINGS = ROUNDS * ALERTS // 2
FIRST_DAY = date(2013, 3, 1)
PUSH_KEY = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
BROWSER_KEYS = {  # of the example in RFC 8291
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
}
FIRST_TIME = datetime(2013, 3, 2, tzinfo=UTC)
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__])


@dataclass(frozen=True)
class Run:
    """One run of the alerts' process.

    Args:
        address: the SQL store.
        closes: how many closes each stock has after the first.
        now: the time.
        killed_at: the number of the function call at which the process is killed; None lets it finish.
    """

    address: DatabaseUrl
    closes: int
    now: datetime
    killed_at: int | None = None


class StoredCloses:
    """Closes that are above and below 100 in turn."""

    def __init__(self, new: int) -> None:
        self._days = [FIRST_DAY + timedelta(days=number) for number in range(new + 1)]

    def read(self, ticker: str, version: str | None = None) -> Closes:
        """Return the closes of a stock."""
        return Closes(ticker, "USD", self._days, [90.0 + 20 * (number % 2) for number in range(len(self._days))])


def no_forecast(question: ForecastQuestion) -> Forecast:
    raise AssertionError(question)


def run_alerts(run: Run) -> None:
    """Judge and deliver, as ``python -m webserver.alerts`` does; the main function of a process."""
    judge.RECORDED_TOGETHER = 5
    engines.BUSY_TIMEOUT_S = 60  # on a busy disk, a write of the other process may take seconds
    store = SqlStore(run.address)
    addresses = AllowedAddresses.parse("127.0.0.1")
    push = WebPushSender(addresses, PushKey.parse(PUSH_KEY))
    senders: dict[str, outbox.Sender] = {"webhook": WebhookSender(addresses), "web_push": push}
    if run.killed_at is not None:
        _kill_at_call(run.killed_at)
    judge.AlertJudge(store, StoredCloses(run.closes), no_forecast, lambda: run.now).run()
    outbox.Outbox(store, senders, lambda: run.now).deliver_due()
    sys.setprofile(None)


def _kill_at_call(number: int) -> None:
    calls = count(1)

    def trace(_frame: object, event: str, _argument: object) -> None:
        if event in {"call", "c_call"} and next(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(trace)


def start(run: Run) -> multiprocessing.context.ForkServerProcess:
    process = _PROCESSES.Process(target=run_alerts, args=[run])
    process.start()
    return process


def status_of(process: multiprocessing.context.ForkServerProcess) -> int | None:
    process.join(100)
    return process.exitcode


class Receiver(ThreadingHTTPServer):
    """A webhook receiver and push service on loopback that counts the ids of what it got."""

    def __init__(self) -> None:
        self.ids = received = Counter[str]()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                received[self.headers["webhook-id"] or str(UUID(self.headers["Topic"]))] += 1
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with serving(Receiver()) as made:
        yield made


@pytest.fixture
def alerts(sql_store: SqlStore, receiver: Receiver) -> None:
    """Alerts on closes above and below 100, each with both channels: a webhook and a browser."""
    channels = [str(UUID(int=number)) for number in (1, 2)]
    url = f"http://127.0.0.1:{receiver.server_port}/hook"

    def store_all(connection: sa.Connection) -> None:
        hook, browser = channels
        secret, target = new_signing_secret(), {"url": url, **BROWSER_KEYS}
        add_channel(connection, Channel(hook, LOCAL_ACCOUNT_ID, "webhook", "mine", {"url": url}, secret, FIRST_TIME))
        add_channel(connection, Channel(browser, LOCAL_ACCOUNT_ID, "web_push", "mine", target, None, FIRST_TIME))
        for number in range(ALERTS):
            add_alert(
                connection,
                Alert(
                    id=str(UUID(int=100 + number)),
                    account_id=LOCAL_ACCOUNT_ID,
                    ticker=f"S{number % STOCKS}",
                    kind="price",
                    parameters={"side": "above" if number < ALERTS // 2 else "below", "price": 100.0},
                    channel_ids=channels,
                    state="armed",
                    enabled=True,
                    created_at=FIRST_TIME,
                    judged_through=FIRST_DAY,
                    bands={},
                    note="",
                ),
            )

    sql_store.transaction(store_all)


def check_each_fired_once_and_was_delivered(store: SqlStore, receiver: Receiver) -> None:
    events = store.read(lambda connection: connection.execute(sa.select(schema.alert_events)).all())
    deliveries = store.read(lambda connection: connection.execute(sa.select(schema.deliveries)).all())
    fired = Counter((event.alert_id, event.close_date) for event in events)
    assert len(events) == FIRINGS
    assert set(fired.values()) == {1}
    assert Counter(delivery.event_id for delivery in deliveries) == {event.id: 2 for event in events}
    assert {delivery.state for delivery in deliveries} == {"delivered"}
    assert set(receiver.ids) == {delivery.id for delivery in deliveries}


@pytest.mark.usefixtures("alerts")
def test_alerts_killed_at_random_points_fire_once_and_reach_each_channel(
    sql_address: DatabaseUrl, sql_store: SqlStore, receiver: Receiver
) -> None:
    numbers, killed = random.Random(17), 0
    now = FIRST_TIME
    for closes in range(1, ROUNDS + 1):
        for _ in range(KILLS):
            now += outbox.LEASE + timedelta(seconds=1)
            status = status_of(start(Run(sql_address, closes, now, numbers.randint(1, 40_000))))
            assert status in {0, -signal.SIGKILL}
            killed += status != 0
        now += outbox.LEASE + timedelta(seconds=1)
        assert status_of(start(Run(sql_address, closes, now))) == 0
    assert killed >= ROUNDS
    check_each_fired_once_and_was_delivered(sql_store, receiver)


@pytest.mark.usefixtures("alerts")
def test_two_processes_at_once_fire_and_deliver_nothing_twice(
    sql_address: DatabaseUrl, sql_store: SqlStore, receiver: Receiver
) -> None:
    for closes in range(1, ROUNDS + 1):
        run = Run(sql_address, closes, FIRST_TIME + timedelta(days=closes))
        together = [start(run) for _ in range(2)]
        assert [status_of(process) for process in together] == [0, 0]
    check_each_fired_once_and_was_delivered(sql_store, receiver)
    assert set(receiver.ids.values()) == {1}
