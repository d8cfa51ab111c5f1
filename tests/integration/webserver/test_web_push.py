"""Notifications in a browser: a push service on loopback, whose bodies only the browser's key opens."""

from __future__ import annotations

import json
import struct
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

from common.runtime.version import USER_AGENT
from common.sql.database_urls import sqlite_url
from common.sql.store import SqlStore
from tests.integration.webserver.test_prices_api import check_problem, web
from webserver.alerts.channels.allowed_addresses import AllowedAddresses
from webserver.alerts.channels.push_encryption import encode_base64url, public_bytes
from webserver.alerts.channels.web_push import PushKey, WebPushSender
from webserver.alerts.outbox import Outbox

SERVER_KEY = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
AUTH_SECRET = b"sixteen bytes of"


class PushService:
    """A push service that keeps what it got for one browser, and answers with ``status``."""

    def __init__(self):
        self.got, self.status = [], 201
        self.browser_key = ec.generate_private_key(ec.SECP256R1())
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                service.got.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(service.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def subscription(self):
        """Return the subscription of the browser."""
        keys = {
            "p256dh": encode_base64url(public_bytes(self.browser_key)),
            "auth": encode_base64url(AUTH_SECRET),
        }
        return {"endpoint": f"{self.origin}/send/planted", "expirationTime": None, "keys": keys}

    def opened(self, body):
        """Return the content of a body, as the browser decrypts it."""
        salt, length = body[:16], body[20]
        sender, encrypted = body[21 : 21 + length], body[21 + length :]
        assert struct.unpack(">I", body[16:20]) == (4096,)
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        info = b"WebPush: info\0" + public_bytes(self.browser_key) + sender
        secret = HKDF(SHA256(), 32, AUTH_SECRET, info).derive(self.browser_key.exchange(ec.ECDH(), point))
        key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(secret)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(secret)
        text = AESGCM(key).decrypt(nonce, encrypted, None)
        assert text.endswith(b"\x02")
        return json.loads(text[:-1])


@pytest.fixture
def service():
    made = PushService()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def client(redis_url, s3_bucket, sqlite_address, monkeypatch):
    monkeypatch.setenv("ALERT_HOSTS", "127.0.0.1")
    monkeypatch.setenv("WEB_PUSH_PRIVATE_KEY", SERVER_KEY)
    with web(redis_url, s3_bucket, database_url=SecretStr(sqlite_url(sqlite_address.path))) as made:
        yield made


def subscribe(client, subscription):
    return client.post(
        "/api/v1/channels", json={"kind": "web_push", "name": "This browser", "subscription": subscription}
    )


def send_test(client, channel):
    return client.post(f"/api/v1/channels/{channel}:test").json


def test_a_browser_gets_a_notification_that_only_it_can_read(client, service):
    made = subscribe(client, service.subscription())
    assert made.status_code == 201, made.text
    assert (made.json["target"], made.json["signing_secret"], made.json["enabled"]) == ("127.0.0.1", None, True)
    assert "planted" not in made.text
    done = send_test(client, made.json["id"])
    assert (done["state"], done["last_result"]) == ("delivered", "status 201")
    ((headers, body),) = service.got
    assert service.opened(body) == {
        "id": done["id"],
        "title": "Stockcast: test",
        "body": "This is a test of your channel. Alerts will arrive like this.",
        "url": ".",
    }
    assert (headers["Content-Encoding"], headers["Ttl" if "Ttl" in headers else "TTL"]) == ("aes128gcm", "259200")
    assert headers["User-Agent"] == USER_AGENT
    assert headers["Topic"] == done["id"].replace("-", "")
    assert headers["Authorization"].startswith("vapid t=")
    assert headers["Authorization"].endswith(f"k={client.get('/api/v1/web-push-key').json['public_key']}")


def test_a_repetition_has_the_topic_of_the_first_attempt(client, service):
    done = send_test(client, subscribe(client, service.subscription()).json["id"])
    assert client.post(f"/api/v1/deliveries/{done['id']}:redeliver").json["state"] == "delivered"
    assert len({headers["Topic"] for headers, _ in service.got}) == 1
    assert len(service.got) == 2


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_has_ended_disables_its_channel(client, service, status):
    channel = subscribe(client, service.subscription()).json["id"]
    service.status = 503
    earlier = send_test(client, channel)
    assert earlier["state"] == "pending"
    service.status = status
    done = send_test(client, channel)
    assert done["state"] == "failed"
    assert done["last_result"] == f"the push service answered {status}: this browser takes no more notifications"
    (listed,) = client.get("/api/v1/channels").json["channels"]
    assert listed["enabled"] is False
    assert {each["state"] for each in client.get("/api/v1/deliveries").json["deliveries"]} == {"failed"}
    check_problem(client.post(f"/api/v1/channels/{channel}:test"), 400, "invalid_request")
    assert len(service.got) == 2


@pytest.mark.parametrize(("status", "state"), [(429, "pending"), (500, "pending"), (403, "failed"), (301, "failed")])
def test_an_overloaded_push_service_is_asked_again_and_a_refusal_is_final(client, service, status, state):
    service.status = status
    done = send_test(client, subscribe(client, service.subscription()).json["id"])
    assert (done["state"], done["last_result"]) == (state, f"the push service answered {status}")


def test_the_outbox_sends_again_after_its_pause(client, service, sqlite_address):
    service.status = 429
    done = send_test(client, subscribe(client, service.subscription()).json["id"])
    service.status = 201
    sender = WebPushSender(AllowedAddresses.parse("127.0.0.1"), PushKey.parse(SERVER_KEY))
    store = SqlStore(sqlite_address)
    later = datetime.now(UTC) + timedelta(minutes=2)
    assert Outbox(store, {"web_push": sender}, lambda: later).deliver_due().delivered == 1
    store.close()
    assert service.opened(service.got[1][1])["id"] == done["id"]


def test_a_browser_that_subscribes_again_keeps_its_channel(client, service):
    first = subscribe(client, service.subscription()).json
    service.browser_key = ec.generate_private_key(ec.SECP256R1())
    again = subscribe(client, service.subscription()).json
    assert again["id"] == first["id"]
    assert len(client.get("/api/v1/channels").json["channels"]) == 1
    send_test(client, again["id"])
    assert service.opened(service.got[0][1])["title"] == "Stockcast: test"


def test_a_push_service_in_a_private_network_is_not_reached(client, service):
    subscription = service.subscription() | {"endpoint": "http://10.0.0.1/send"}
    done = send_test(client, subscribe(client, subscription).json["id"])
    assert (done["state"], "private network" in done["last_result"]) == ("failed", True)


@pytest.mark.parametrize(
    "change",
    [
        {"endpoint": "ftp://push.example/"},
        {"endpoint": "https://user:word@push.example/"},
        {"keys": {"p256dh": "AAAA", "auth": "AAAA"}},
        {"keys": {"p256dh": "!", "auth": "!"}},
        {"keys": {}},
    ],
)
def test_a_wrong_subscription_is_refused(client, service, change):
    check_problem(subscribe(client, service.subscription() | change), 400, "invalid_request")
    check_problem(subscribe(client, None), 400, "invalid_request")


def test_a_server_without_a_key_offers_no_notifications(redis_url, s3_bucket, sqlite_address, service):
    with web(redis_url, s3_bucket, database_url=SecretStr(sqlite_url(sqlite_address.path))) as client:
        assert client.get("/api/v1/web-push-key").json == {"public_key": None}
        refused = subscribe(client, service.subscription())
        check_problem(refused, 400, "invalid_request")
        assert "WEB_PUSH_PRIVATE_KEY" in refused.json["detail"]
