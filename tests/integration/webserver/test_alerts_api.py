"""Alerts from their making to their notification, with real SQL, S3, Redis and a webhook receiver."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from base64 import b64decode, b64encode
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import numpy as np
import pandas as pd
import pytest
from pydantic import SecretStr

from common.domain.prices import COLUMNS, PriceSeries
from common.redis.client.connections import make_redis_client
from common.redis.stores import RedisStores
from common.runtime.metrics import ALERTS_RUN, NOTIFICATIONS_OVERDUE
from common.runtime.version import USER_AGENT
from common.s3.objects import PriceObjects
from common.sql.repositories.alerts import list_enabled_alerts
from common.sql.repositories.channels import count_overdue_deliveries
from common.sql.repositories.people.accounts import LOCAL_ACCOUNT_ID, set_disabled
from common.sql.store import SqlStore
from test_support.network.http_server import serving
from tests.integration.webserver.test_people import sql_address  # noqa: F401 - a fixture
from tests.integration.webserver.test_prices_api import check_problem, web
from webserver.alerts.channels.allowed_addresses import AllowedAddresses
from webserver.alerts.channels.webhook import WebhookSender
from webserver.alerts.judge import AlertJudge
from webserver.alerts.monitor import OVERDUE_AFTER, AlertMonitor
from webserver.alerts.outbox import Outbox, OutboxReport
from webserver.stocks.price_reader import PriceReader
from webserver.stocks.recent_closes import RecentCloses

FRIDAY = date(2013, 3, 1)
READS_A_FILE = "fcm://project@key/device?keyfile=/etc/hostname"
PRICE = {"kind": "price", "side": "above", "price": 120.0}


class Receiver:
    """A webhook receiver on loopback that keeps what it got and answers with ``status``."""

    def __init__(self):
        self.got = []
        self.status = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, dict(self.headers), body))
                self.send_response(receiver.status)
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook?key=planted"


@pytest.fixture
def receiver():
    made = Receiver()
    with serving(made.server):
        yield made


@pytest.fixture
def client(redis_url, s3_bucket, sql_url, monkeypatch):
    monkeypatch.setenv("ALERT_HOSTS", "127.0.0.1")
    opened = []

    def open_store(*args):
        opened.append(SqlStore(*args))
        return opened[-1]

    monkeypatch.setattr("webserver.app.SqlStore", open_store)
    with web(redis_url, s3_bucket, database_url=SecretStr(sql_url)) as made:
        yield made
    for store in opened:
        store.close()


class Clock:
    """A clock that the test moves."""

    def __init__(self):
        self.at = datetime(2013, 3, 2, 12, tzinfo=UTC)

    def __call__(self):
        return self.at


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sql(sql_store):
    """The SQL store of the application."""
    return sql_store


@pytest.fixture
def judge(sql, s3, s3_bucket, clock):
    """Judges alerts on the stored prices; no forecast is made."""

    def no_forecast(question):
        raise AssertionError(question)

    return AlertJudge(sql, RecentCloses(PriceReader(PriceObjects(s3, s3_bucket))), no_forecast, clock)


@pytest.fixture
def outbox(sql, clock):
    return Outbox(sql, {"webhook": WebhookSender(AllowedAddresses.parse("127.0.0.1"))}, clock)


@pytest.fixture
def prices(store):
    """Writes the closes of a stock, which end on a day."""
    versions = {}

    def write(*closes, ticker="AAPL", last=FRIDAY):
        days = pd.bdate_range(end=last, periods=len(closes), name="date")
        frame = pd.DataFrame(dict.fromkeys(COLUMNS, np.array(closes, dtype=float)), index=days)
        series = PriceSeries(ticker, "tiingo", "USD", frame)
        versions[ticker] = store.write(series, fetched_at=datetime.now(UTC), replacing=versions.get(ticker))

    return write


def alert(client, condition=PRICE, **more):
    answer = client.post("/api/v1/alerts", json={"ticker": "AAPL", "condition": condition} | more)
    assert answer.status_code == 201, answer.text
    return answer.json


def webhook(client, receiver):
    return client.post("/api/v1/channels", json={"kind": "webhook", "name": "mine", "url": receiver.url}).json


@pytest.fixture
def fired(client, prices, judge, receiver):
    """An alert that has fired, and whose notification to ``receiver`` is due."""
    prices(100, 110)
    alert(client, channels=[webhook(client, receiver)["id"]])
    prices(100, 110, 121, last=date(2013, 3, 4))
    judge.run()


def sentences(client):
    return [event["sentence"] for event in client.get("/api/v1/alert-events").json["events"]]


def test_an_alert_fires_on_the_close_that_crosses_the_price(client, prices, judge, outbox, receiver):
    prices(100, 110)
    channel = webhook(client, receiver)
    made = alert(client, channels=[channel["id"]])
    assert (made["sentence"], made["state"]) == ("Tell me when AAPL closes above 120.00.", "armed")
    assert judge.run().judged == 0
    prices(100, 110, 121, last=date(2013, 3, 4))
    assert judge.run().fired == 1
    assert judge.run().fired == 0
    assert outbox.deliver_due().delivered == 1
    assert outbox.deliver_due().delivered == 0
    ((path, headers, body),) = receiver.got
    assert (path, headers["User-Agent"]) == ("/hook?key=planted", USER_AGENT)
    message = json.loads(body)
    assert message["sentence"] == "AAPL closed at 121.00 USD on Mon 4 Mar 2013, above 120.00."
    assert (message["ticker"], message["close_date"], message["alert_id"]) == ("AAPL", "2013-03-04", made["id"])
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = b64decode(channel["signing_secret"].removeprefix("whsec_"))
    assert headers["webhook-signature"] == "v1," + b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert sentences(client) == [message["sentence"]]
    assert client.get(made["url"]).json["state"] == "fired"


def test_an_alert_fires_again_after_its_condition_was_not_met(client, prices, judge):
    prices(100, 110)
    alert(client)
    closes = [100, 110]
    for day, close in ((4, 121), (5, 122), (6, 119), (7, 125)):
        closes.append(close)
        prices(*closes, last=date(2013, 3, day))
        judge.run()
    assert [text.split(",")[0] for text in sentences(client)] == [
        "AAPL closed at 125.00 USD on Thu 7 Mar 2013",
        "AAPL closed at 121.00 USD on Mon 4 Mar 2013",
    ]


def test_closes_that_came_together_are_all_judged(client, prices, judge):
    prices(100, 110)
    alert(client)
    prices(100, 110, 121, 119, 125, last=date(2013, 3, 6))
    assert judge.run().fired == 2


def test_a_condition_that_is_met_already_waits(client, prices, judge):
    prices(100, 130)
    assert alert(client)["state"] == "fired"
    prices(100, 130, 131, last=date(2013, 3, 4))
    assert judge.run().fired == 0


def test_a_judgement_is_stored_once_by_two_judges(client, prices, judge, sql):
    prices(100, 110)
    alert(client)
    prices(100, 110, 121, last=date(2013, 3, 4))
    stale = sql.read(list_enabled_alerts)
    assert judge.run().fired == 1
    judge._store = _ReadingEarlier(sql, stale)
    assert judge.run().fired == 0
    assert len(sentences(client)) == 1


class _ReadingEarlier:
    """A store that returns the alerts as they were before another judge ran."""

    def __init__(self, sql, stale):
        self._sql, self._stale = sql, stale
        self.transaction = sql.transaction

    def read(self, _work):
        return self._stale


def test_missing_data_fires_once(client, prices, judge, clock):
    prices(100, 110)
    alert(client, {"kind": "missing_data", "trading_days": 3})
    for day in range(4, 12):
        clock.at = datetime(2013, 3, day, 12, tzinfo=UTC)
        judge.run()
    assert sentences(client) == ["The last close of AAPL is of Fri 1 Mar 2013; 3 trading days since."]


@pytest.mark.usefixtures("fired")
def test_a_refusing_receiver_is_tried_again_with_the_same_id(client, outbox, receiver, clock):
    receiver.status = 500
    assert outbox.deliver_due().postponed == 1
    assert outbox.deliver_due().postponed == 0
    clock.at += timedelta(minutes=2)
    receiver.status = 204
    assert outbox.deliver_due().delivered == 1
    first, second = (headers["webhook-id"] for _, headers, _ in receiver.got)
    assert first == second
    (delivery,) = client.get("/api/v1/deliveries").json["deliveries"]
    assert (delivery["state"], delivery["attempts"], delivery["last_result"]) == ("delivered", 2, "status 204")


@pytest.mark.usefixtures("fired")
def test_a_disabled_account_gets_no_notification(client, outbox, receiver, clock, sql):
    receiver.status = 500
    assert outbox.deliver_due().postponed == 1
    clock.at += timedelta(days=3)
    sql.transaction(lambda connection: set_disabled(connection, LOCAL_ACCOUNT_ID, clock.at))
    assert outbox.deliver_due() == OutboxReport(0, 0, 0)
    assert len(receiver.got) == 1
    overdue = sql.read(lambda connection: count_overdue_deliveries(connection, clock.at))
    assert overdue == 0, "no alert of the monitoring either"
    sql.transaction(lambda connection: set_disabled(connection, LOCAL_ACCOUNT_ID, None))
    receiver.status = 204
    assert outbox.deliver_due().delivered == 1
    assert client.get("/api/v1/deliveries").json["deliveries"][0]["state"] == "delivered"


@pytest.mark.usefixtures("fired")
def test_a_notification_is_given_up_after_the_last_attempt(client, outbox, receiver, clock):
    receiver.status = 500
    for _ in range(10):
        outbox.deliver_due()
        clock.at += timedelta(days=2)
    (delivery,) = client.get("/api/v1/deliveries").json["deliveries"]
    assert (delivery["state"], delivery["attempts"], len(receiver.got)) == ("failed", 7, 7)
    receiver.status = 200
    again = client.post(f"/api/v1/deliveries/{delivery['id']}:redeliver")
    assert again.json["state"] == "delivered"


@pytest.mark.usefixtures("fired")
def test_a_sender_that_died_leaves_the_notification_to_the_next_one(outbox, clock):
    assert len(outbox._claim()) == 1  # and its process is killed
    assert outbox.deliver_due().delivered == 0
    clock.at += timedelta(minutes=3)
    assert outbox.deliver_due().delivered == 1


def test_a_channel_can_be_tested(client, receiver):
    channel = webhook(client, receiver)
    answer = client.post(f"/api/v1/channels/{channel['id']}:test")
    assert answer.json["state"] == "delivered"
    assert json.loads(receiver.got[0][2])["type"] == "test"


def test_a_redirect_is_not_followed(client, receiver):
    receiver.status = 302
    answer = client.post(f"/api/v1/channels/{webhook(client, receiver)['id']}:test")
    assert (answer.json["state"], answer.json["last_result"]) == ("pending", "the receiver answered 302")
    assert len(receiver.got) == 1


def test_the_secret_of_a_webhook_is_shown_once(client, receiver):
    channel = webhook(client, receiver)
    assert channel["signing_secret"].startswith("whsec_")
    listed = client.get("/api/v1/channels")
    assert "signing_secret" not in listed.json["channels"][0]
    assert channel["signing_secret"] not in listed.text
    assert "planted" not in listed.text


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest", "http://0.0.0.0/"]
)
def test_private_addresses_are_refused(client, url):
    channel = client.post("/api/v1/channels", json={"kind": "webhook", "name": "inner", "url": url}).json
    answer = client.post(f"/api/v1/channels/{channel['id']}:test").json
    assert (answer["state"], "private network" in answer["last_result"]) == ("failed", True)


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "webhook", "name": "x"},
        {"kind": "webhook", "name": "x", "url": "ftp://example.com"},
        {"kind": "webhook", "name": "x", "url": "http://user:pass@example.com"},
        {"kind": "webhook", "name": "x", "url": "http://example.com:99999/"},
        {"kind": "webhook", "name": "x", "url": "http://[bad/"},
        {"kind": "mail", "name": "x", "to": "nobody"},
        {"kind": "mail", "name": "x", "to": "a@b.c, d@e.f"},
        {"kind": "mail", "name": "x", "to": "a@b.c\nBcc: d@e.f"},
        {"kind": "pigeon", "name": "x"},
    ],
)
def test_wrong_channels_are_refused(client, body):
    check_problem(client.post("/api/v1/channels", json=body), 400, "invalid_request")


@pytest.mark.parametrize(
    ("condition", "word"),
    [
        ({}, "kind"),
        ({"kind": "pricey"}, "Did you mean price?"),
        ({"kind": "price", "side": "above"}, "price is missing"),
        ({"kind": "price", "side": "above", "price": -1}, "price must be"),
        ({"kind": "price", "side": "above", "price": 1, "colour": "red"}, "colour"),
        ({"kind": "unusual_move", "usual_moves": "three"}, "usual_moves must be"),
        (5, "condition"),
    ],
)
def test_wrong_conditions_are_explained_by_their_fields(client, prices, condition, word):
    prices(100, 110)
    answer = client.post("/api/v1/alerts", json={"ticker": "AAPL", "condition": condition})
    check_problem(answer, 400, "invalid_request")
    assert word in answer.json["detail"]


def test_an_alert_needs_stored_prices_and_known_channels(client, prices):
    check_problem(client.post("/api/v1/alerts", json={"ticker": "NONE", "condition": PRICE}), 404, "not_found")
    prices(100, 110)
    unknown = {"channels": [str(uuid4())]}
    body = {"ticker": "AAPL", "condition": PRICE} | unknown
    check_problem(client.post("/api/v1/alerts", json=body), 400, "invalid_request")
    check_problem(client.patch(alert(client)["url"], json=unknown), 400, "invalid_request")


def test_an_alert_can_be_disabled_and_deleted(client, prices, judge):
    prices(100, 110)
    made = alert(client, note="sell")
    changed = client.patch(made["url"], json={"enabled": False, "note": "buy"}).json
    assert (changed["enabled"], changed["note"]) == (False, "buy")
    prices(100, 110, 121, last=date(2013, 3, 4))
    assert judge.run().alerts == 0
    assert client.delete(made["url"]).status_code == 204
    check_problem(client.delete(made["url"]), 404, "not_found")
    assert client.get("/api/v1/alerts").json == {"alerts": []}


def test_one_stock_without_prices_does_not_stop_the_others(client, prices, judge, s3, s3_bucket):
    prices(100, 110)
    prices(100, 110, ticker="AAAA")
    alert(client)
    client.post("/api/v1/alerts", json={"ticker": "AAAA", "condition": PRICE})
    s3.delete_object(Bucket=s3_bucket, Key="prices/daily/AAAA.csv")
    prices(100, 110, 121, last=date(2013, 3, 4))
    report = judge.run()
    assert (report.fired, report.failed) == (1, 1)


def test_the_metrics_show_the_last_run_and_notifications_that_nobody_sends(fired, sql, clock, redis_url):
    runs = RedisStores.of(make_redis_client(redis_url)).alert_runs
    monitor = AlertMonitor(runs, sql, clock)
    monitor.measure()
    assert (ALERTS_RUN._value.get(), NOTIFICATIONS_OVERDUE._value.get()) == (0, 0)
    runs.note(clock())
    clock.at += OVERDUE_AFTER + timedelta(seconds=1)
    monitor.measure()
    assert ALERTS_RUN._value.get() == (clock.at - OVERDUE_AFTER - timedelta(seconds=1)).timestamp()
    assert NOTIFICATIONS_OVERDUE._value.get() == 1


def service_channel(client, url):
    return client.post("/api/v1/channels", json={"kind": "apprise", "name": "mine", "url": url})


def test_a_service_of_apprise_gets_a_test_and_its_address_stays_secret(client, receiver):
    url = f"{receiver.url.replace('http:', 'json:').partition('?')[0]}?redirect=yes"
    made = service_channel(client, url)
    assert made.status_code == 201, made.text
    assert made.json["target"] == "json://…"
    done = client.post(f"/api/v1/channels/{made.json['id']}:test").json
    assert (done["state"], done["last_result"]) == ("delivered", "taken by the service")
    receiver.status = 302
    refused = client.post(f"/api/v1/channels/{made.json['id']}:test").json
    assert (refused["state"], refused["last_result"]) == ("pending", "the service did not take it")
    assert len(receiver.got) == 2
    assert "Stockcast: test" in receiver.got[0][2].decode()


def test_a_service_in_a_private_network_is_not_reached(client):
    channel = service_channel(client, "json://10.0.0.1/hook").json["id"]
    done = client.post(f"/api/v1/channels/{channel}:test").json
    assert done["state"] == "failed"
    assert "ALERT_HOSTS" in done["last_result"]


@pytest.mark.parametrize("url", ["json://hooks.example/hook", "ntfys://ntfy.example/topic"])
def test_a_host_name_that_the_operator_does_not_list_is_not_looked_up(client, monkeypatch, url):
    """The service looks the name up by itself, and could get another address than a check before."""
    looked_up, look_up = [], socket.getaddrinfo
    monkeypatch.setattr("socket.getaddrinfo", lambda *args, **more: looked_up.append(args[0]) or look_up(*args, **more))
    channel = service_channel(client, url).json["id"]
    done = client.post(f"/api/v1/channels/{channel}:test").json
    assert done["state"] == "failed"
    assert "ALERT_HOSTS" in done["last_result"]
    assert not any(name.endswith(".example") for name in looked_up)


@pytest.mark.parametrize(
    "url", ["nonsense://host", "https", "syslog://", "dbus://", "mailto://me:pw@example.com", READS_A_FILE]
)
def test_an_address_that_is_no_service_for_servers_is_refused(client, url):
    answer = service_channel(client, url)
    check_problem(answer, 400, "invalid_request")
    assert "Apprise" in answer.json["detail"]
