"""The readiness checks of a request's operations: script writes in Redis, conditional puts in S3."""

from __future__ import annotations

import hashlib
import logging
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import redis

from common.domain.errors import Busy
from common.redis.client.connections import make_redis_client
from common.redis.client.failures import RedisAway, RedisRefuses
from common.redis.client.script_runner import RedisScripts
from common.redis.schema.keys import SharedKey
from common.redis.stores import RedisStores
from common.runtime.log_limits import LogLimit
from common.s3.failures import StoreRefusal
from common.s3.objects import PriceObjects, make_s3_client
from common.service.readiness import CACHED_S, CachedCheck, RedisReadiness, StoreReadiness
from local_stack.redis_binary import find_redis
from test_support.network.http_server import serving
from test_support.network.ports import free_port
from tests.conftest import s3_environment, wait_for_redis

PROBE = "coordination/probe"


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def unlimited(logger):
    return LogLimit(logging.getLogger(logger), period_s=0)


@pytest.fixture
def own_redis(tmp_path, caplog, monkeypatch):
    """Yield a Redis for one test, with a client that has all rights; every failure is logged."""
    monkeypatch.setattr("common.redis.client.failures._log_limit", unlimited("common.redis.client.failures"))
    port = free_port()
    command = [str(find_redis()), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path), "--save", ""]
    url = f"redis://127.0.0.1:{port}/0"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            wait_for_redis(url)
            with redis.Redis.from_url(url) as admin:
                yield url, admin
        finally:
            server.terminate()


def demote(admin):
    admin.replicaof("127.0.0.1", "1")


def fill(admin):
    admin.config_set("maxmemory", "1")


def forbid_scripts(admin):
    admin.acl_setuser("default", enabled=True, nopass=True, keys=["*"], categories=["+@all"], commands=["-@scripting"])


def forbid_writes(admin):
    admin.config_set("min-replicas-to-write", "3")


def mend(admin):
    admin.replicaof("NO", "ONE")
    admin.config_set("maxmemory", "0")
    admin.config_set("min-replicas-to-write", "0")
    admin.acl_setuser("default", enabled=True, nopass=True, keys=["*"], categories=["+@all"])


REFUSALS = {
    "READONLY": demote,
    "OutOfMemoryError|OOM": fill,
    "NoPermissionError|NOPERM": forbid_scripts,
    "NOREPLICAS": forbid_writes,
}


def test_a_store_is_asked_once_a_second_and_its_outage_and_return_are_noticed():
    clock, asked, is_away = Clock(), [], [False]

    def ask():
        asked.append(clock.now)
        if is_away[0]:
            raise Busy("The store is away.")

    check = CachedCheck(ask, clock)
    check()
    is_away[0] = True
    clock.now += CACHED_S / 2
    check()
    clock.now += CACHED_S
    for _ in range(2):
        with pytest.raises(Busy, match="is away"):
            check()
    is_away[0] = False
    clock.now += CACHED_S
    check()
    assert len(asked) == 3


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusing_redis_is_not_ready_until_it_is_repaired_and_its_code_is_logged(code, own_redis, caplog):
    url, admin = own_redis
    clock = Clock()
    with make_redis_client(url) as client:
        readiness = RedisReadiness(client, clock)
        readiness.check()
        REFUSALS[code](admin)
        clock.now += 2 * CACHED_S
        with pytest.raises(Busy, match="operator"):
            readiness.check()
        assert any("refuses" in line and any(one in line for one in code.split("|")) for line in caplog.messages)
        mend(admin)
        clock.now += 2 * CACHED_S
        readiness.check()


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_of_redis_is_not_an_outage(code, own_redis):
    url, admin = own_redis
    with make_redis_client(url) as client:
        REFUSALS[code](admin)
        with pytest.raises(RedisRefuses):
            RedisScripts(client, [PROBE]).run(PROBE, [SharedKey.PROBE], [1000])
    with make_redis_client(f"redis://127.0.0.1:{free_port()}/0") as client, pytest.raises(RedisAway) as away:
        RedisScripts(client, [PROBE]).run(PROBE, [SharedKey.PROBE], [1000])
    assert not isinstance(away.value, RedisRefuses)


def test_a_connection_to_a_replica_is_not_used_again(own_redis):
    url, admin = own_redis
    with make_redis_client(url) as client:
        redis_stores = RedisStores.of(client)
        redis_stores.capacity.advertise("service", 24)
        before = {each["id"] for each in admin.client_list()} - {str(admin.client_id())}
        demote(admin)
        with pytest.raises(RedisRefuses):
            redis_stores.capacity.advertise("service", 24)
        mend(admin)
        redis_stores.capacity.advertise("service", 24)
        after = {each["id"] for each in admin.client_list()} - {str(admin.client_id())}
    assert before
    assert not before & after


def test_probes_in_quick_succession_ask_redis_once(own_redis):
    url, admin = own_redis
    clock = Clock()
    with make_redis_client(url) as client:
        readiness = RedisReadiness(client, clock)
        readiness.check()
        demote(admin)
        clock.now += CACHED_S / 2
        readiness.check()
        clock.now += CACHED_S
        with pytest.raises(Busy):
            readiness.check()


class Store(BaseHTTPRequestHandler):
    """The part of S3 that the probe needs, with the faults that the test sets."""

    # Asks a client to go on with its body. One that is not asked waits for a second.
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        """Log nothing."""

    def do_HEAD(self):
        body = self.server.objects.get(self.path)
        is_bucket = self.path.count("/") == 1
        self._answer(200 if is_bucket or body is not None else 404, etag=body)

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        faults, kept = self.server.faults, self.server.objects.get(self.path)
        conditions = [self.headers[name] for name in ("If-None-Match", "If-Match") if self.headers[name]]
        self.server.checksums.append(any(name.lower().startswith("x-amz-checksum") for name in self.headers))
        refusals = {
            (400, "InvalidRequest"): "checksums" in faults and self.server.checksums[-1],
            (501, "NotImplemented"): "conditions" in faults and conditions,
            (403, "AccessDenied"): "rights" in faults,
            (503, "ServiceUnavailable"): "outage" in faults,
            (412, "PreconditionFailed"): "ignores" not in faults and not self._condition_holds(kept),
        }
        for (status, code), is_refused in refusals.items():
            if is_refused:
                self._answer(status, code)
                return
        self.server.objects[self.path] = body
        self._answer(200, etag=body)

    def _condition_holds(self, kept):
        if self.headers["If-None-Match"]:
            return kept is None
        return not self.headers["If-Match"] or self.headers["If-Match"] == etag_of(kept)

    def _answer(self, status, code=None, etag=None):
        body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode() if code else b""
        self.send_response(status)
        if etag is not None:
            self.send_header("ETag", etag_of(etag))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def etag_of(body):
    return f'"{hashlib.md5(body or b"", usedforsecurity=False).hexdigest()}"'


@pytest.fixture
def faulty_store(monkeypatch):
    """Yield a store whose faults the test sets."""
    monkeypatch.setattr("common.s3.failures._log_limit", unlimited("common.s3.failures"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Store)
    server.faults, server.objects, server.checksums = set(), {}, []
    for name, value in s3_environment(f"http://127.0.0.1:{server.server_port}").items():
        monkeypatch.setenv(name, value)
    with serving(server):
        yield server


def objects(**options):
    return PriceObjects(make_s3_client(1, **options), "bucket")


def test_a_store_that_accepts_conditional_puts_is_ready(faulty_store):
    store = objects()
    store.prove_writable()
    store.prove_writable()
    assert list(faulty_store.objects) == ["/bucket/prices/.readiness-probe"]


REFUSING_STORES = {
    "checksums": "InvalidRequest (HTTP 400)",
    "conditions": "NotImplemented (HTTP 501)",
    "rights": "AccessDenied (HTTP 403)",
    "ignores": "conditional puts (If-None-Match) are ignored",
}


@pytest.mark.parametrize("fault", REFUSING_STORES)
def test_a_store_that_refuses_the_probe_is_not_ready_and_its_code_is_logged(fault, faulty_store, caplog):
    faulty_store.faults.add(fault)
    clock = Clock()
    readiness = StoreReadiness(objects(), clock)
    readiness._probe_if_due()
    with pytest.raises(Busy, match="operator"):
        readiness.check()
    assert any("S3 refuses" in line and REFUSING_STORES[fault] in line for line in caplog.messages)
    faulty_store.faults.clear()
    clock.now += 10
    readiness._probe_if_due()
    readiness.check()


def test_an_outage_of_the_store_is_not_a_refusal(faulty_store, caplog):
    faulty_store.faults.add("outage")
    with caplog.at_level(logging.WARNING), pytest.raises(Busy) as failure:
        objects().prove_writable()
    assert not isinstance(failure.value, StoreRefusal)
    assert "cannot be reached" in failure.value.detail
    assert any("ServiceUnavailable (HTTP 503)" in line for line in caplog.messages)


def test_a_store_that_refuses_checksums_is_ready_with_s3_checksums_off(faulty_store):
    faulty_store.faults.add("checksums")
    objects(checksums=False).prove_writable()
    assert not any(faulty_store.checksums)


def test_a_store_that_was_not_checked_yet_is_not_ready(faulty_store):
    with pytest.raises(Busy):
        StoreReadiness(objects()).check()


def test_readers_check_their_bucket_without_a_write(faulty_store):
    objects().ping()
    assert faulty_store.checksums == []
