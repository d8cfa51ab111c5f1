"""Peers and clients that misbehave, and more of them than the services have capacity for."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import psutil
import pytest
import redis

from common.domain.errors import Busy
from common.domain.questions import ForecastQuestion
from common.rpc.addresses import Address
from common.rpc.messages import Order
from common.rpc.tcp import send_order
from test_support.stacks.request_history import RequestHistory
from test_support.stacks.service_processes import DEADLINE_S, stack_client
from test_support.waiting import until


@pytest.mark.parametrize("link", ["to_ingestion", "to_forecast"])
@pytest.mark.parametrize("fault", ["latency", "hang", "reset", "slice", "truncate", "down"])
def test_a_bad_line_between_services_delays_but_loses_nothing(parts, history, link, fault):
    getattr(parts, link).set_fault(fault)
    ids = [history.ask(f"L{link[3]}{fault[:4]}".upper(), days, prefer="wait=0")[0] for days in (30, 31)]
    getattr(parts, link).set_fault(None)
    for request_id in ids:
        end = history.end_of(request_id)
        assert end["status"] == "done" or end["code"] == "busy"


def test_half_open_and_slow_peers_do_not_delay_others(parts, history):
    with ConnectionsTo(parts.ingestion_port, 600) as held:
        for sock in held[::2]:
            sock.sendall(b'{"v":1')
        assert history.ask("HALFOPEN", 30)[1].status_code == 200


def test_five_thousand_connections_are_bounded_and_leave_nothing_behind(parts, history):
    before = open_files(parts.ingestion)
    with ConnectionsTo(parts.ingestion_port, 5000):
        until(lambda: accepts_or_refuses_an_order(parts), DEADLINE_S, "the service stopped answering")
    until(lambda: open_files(parts.ingestion) <= before + 20, DEADLINE_S, "connections were left open")
    assert history.ask("MANY", 30)[1].status_code == 200


class ConnectionsTo:
    """Open connections on which nothing is sent, ``number`` of them."""

    def __init__(self, port, number):
        self._port, self._number = port, number

    def __enter__(self):
        self._open = []
        for _ in range(self._number):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", self._port))
            self._open.append(sock)
        time.sleep(0.2)
        for sock in self._open:
            sock.setblocking(True)
        return self._open

    def __exit__(self, *_):
        for sock in self._open:
            sock.close()


def accepts_or_refuses_an_order(parts):
    order = Order(
        question=ForecastQuestion(ticker="WIRE", days=30),
        attempt=1,
        budget_ms=5000,
        request_id="8b7a2b0e-6f0c-4f0e-9c3f-0123456789ac",
    )
    try:
        return send_order(Address("127.0.0.1", parts.ingestion_port), order).status in {"accepted", "rejected"}
    except Busy:
        return False


def open_files(part):
    return psutil.Process(part.pid).num_fds()


def test_five_hundred_equal_requests_at_once_cost_one_fetch_and_one_fit(parts):
    parts.source.delay_s = 0.5
    with stack_client(parts, 500) as client, ThreadPoolExecutor(500) as threads:
        history = RequestHistory(client)
        ids = list(threads.map(lambda _: ask_until_answered(history, "HERD")[0], range(500)))
        ends = list(threads.map(history.end_of, ids))
        history.check()
    assert len({end["request_id"] for end in ends}) == 500
    assert {end["data"]["version"] for end in ends} == {ends[0]["data"]["version"]}
    assert parts.source.calls["HERD"] == 1
    assert parts.logs().count('"message": "done"') >= 1
    with redis.Redis.from_url(parts.redis_url) as store:
        assert len(list(store.scan_iter("result:HERD:*"))) == 1
    assert len([line for line in parts.logs().splitlines() if '"done"' in line and '"HERD"' in line]) == 1


def ask_until_answered(history, ticker, **fields):
    """Ask under one id. Repeat the request if the client's pool closed the connection, as it does under load."""
    request_id = str(uuid4())
    for _ in range(3):
        try:
            return history.ask(ticker, 30, request_id, **fields)
        except (httpx.ReadError, httpx.RemoteProtocolError):
            continue
    raise AssertionError("no answer")


def test_ten_thousand_tickers_are_refused_beyond_capacity_and_memory_stays_flat(parts):
    with stack_client(parts, 16, kept=16) as client:
        history = RequestHistory(client)
        refused_of_flood(history, "A", 1000)
        before = parts.memory_mb_of_each()
        refused = refused_of_flood(history, "B", 10_000)
        assert refused, "the capacity sufficed for all, so the test shows nothing"
        assert all(int(answer.headers["Retry-After"]) >= 1 for answer in refused)
        after = parts.memory_mb_of_each()
        history.check()
        until(lambda: history.ask("AFTERWARDS", 30)[1].status_code == 200, DEADLINE_S, "did not recover by itself")
    assert grown(before, after) == {}


def grown(before, after):
    """Return the processes that grew by more than a tenth. A new process is compared with the largest earlier one."""
    most = max(before.values())
    return {name: (before.get(name), held) for name, held in after.items() if held > before.get(name, most) * 1.1}


def refused_of_flood(history, prefix, number):
    """Ask for so many new tickers as fast as they are answered. Return the refusals."""
    with ThreadPoolExecutor(16) as threads:
        flood = threads.map(lambda n: ask_until_answered(history, f"{prefix}{n}", prefer="wait=0")[1], range(number))
        return [answer for answer in flood if answer.status_code == 503]


def test_disconnecting_clients_do_not_delay_others(parts, history):
    parts.source.delay_s = 1
    port = int(parts.url.rpartition(":")[2])
    body = b'{"ticker": "LEFT", "days": 30}'
    head = b"POST /api/v1/forecasts HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    for _ in range(100):
        with socket.create_connection(("127.0.0.1", port)) as sock:
            sock.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    request_id, answer = history.ask("STAYED", 30)
    assert answer.status_code in {200, 202}
    assert history.end_of(request_id)["status"] == "done"
    assert parts.source.calls["LEFT"] == 1


def test_slow_http_clients_cannot_hold_the_workers(parts, history):
    port = int(parts.url.rpartition(":")[2])
    with ConnectionsTo(port, 200) as held:
        for sock in held:
            sock.sendall(b"POST /api/v1/forecasts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        began = time.monotonic()
        with stack_client(parts) as client:
            assert client.get("/livez").status_code == 200
        assert time.monotonic() - began < 10
