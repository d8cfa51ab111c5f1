"""Orders over real sockets: a faulty peer costs one connection, never the service."""

import asyncio
import socket
import struct
import threading
import time
from contextlib import contextmanager, suppress

import pytest

from common.domain.errors import Busy, InvalidRequest, UnknownTicker
from common.domain.questions import ForecastQuestion
from common.rpc.addresses import Address
from common.rpc.messages import (
    MAX_LINE_BYTES,
    Order,
    PricesCommand,
    decode_reply,
    encode,
    make_accepted_reply,
    make_rejected_reply,
)
from common.rpc.tcp import NoReply, OrderServer, Unreachable, deliver, send_order

ORDER = Order(
    question=ForecastQuestion(ticker="AAPL", days=30),
    request_id="123e4567-e89b-42d3-a456-426614174000",
    attempt=1,
    budget_ms=1000,
)
LINE = encode(ORDER)
ANYWHERE = Address("127.0.0.1", 0)
PATIENCE_S = 100.0
"""Seconds; only a test that hangs takes longer, even on a busy machine."""


async def take(order):
    return make_accepted_reply(order.request_id)


@contextmanager
def serving(handle=take, credentials=None, token=None, **options):
    """Run an order server in its own thread; yield its address without credentials."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = OrderServer(handle, **({"read_timeout_s": PATIENCE_S} | options))
    try:
        yield (
            asyncio.run_coroutine_threadsafe(server.start(ANYWHERE.with_security(credentials, token)), loop)
            .result(PATIENCE_S)
            .with_security(None)
        )
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(PATIENCE_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def connect(address):
    return socket.create_connection((address.host, address.port), timeout=PATIENCE_S)


def send_order_to(address):
    """Send the order; return the reply."""
    return send_order(address, ORDER, timeout_s=PATIENCE_S)


def read_all(sock):
    received = bytearray()
    while data := sock.recv(4096):
        received += data
    return bytes(received)


def said(address, *pieces, half_close=False):
    """Send the pieces; return the reply, or None if the server closed without one."""
    with connect(address) as sock:
        for piece in pieces:
            sock.sendall(piece)
        if half_close:
            sock.shutdown(socket.SHUT_WR)
        answer = read_all(sock)
    return decode_reply(answer.removesuffix(b"\n")) if answer else None


def test_an_order_is_accepted_and_the_connection_closed():
    with serving() as address:
        assert said(address, LINE) == make_accepted_reply(ORDER.request_id)


def test_an_order_in_single_bytes_is_accepted():
    with serving() as address:
        assert said(address, *(LINE[at : at + 1] for at in range(len(LINE)))).status == "accepted"


@pytest.mark.parametrize(
    ("bytes_sent", "code"),
    [
        (b"\n", "invalid_request"), (b"{}\n", "invalid_ticker"), (b"\xff\xfe\n", "invalid_request"),
        (LINE + LINE, "invalid_request"), (b"x" * (MAX_LINE_BYTES + 1), "invalid_request"),
        (LINE.replace(b"AAPL", b"../x"), "invalid_ticker"), (LINE.replace(b":30", b":0"), "invalid_days"),
        (LINE.replace(b'"v":1', b'"v":2'), "invalid_request"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_rejected_with_its_code(bytes_sent, code):
    with serving() as address:
        reply = said(address, bytes_sent)
    assert (reply.status, reply.code) == ("rejected", code)


def test_partial_line_then_eof_is_rejected():
    with serving() as address:
        assert said(address, LINE[:20], half_close=True).code == "invalid_request"


def test_a_connection_without_a_byte_is_closed_without_a_reply():
    with serving() as address:
        assert said(address, half_close=True) is None


def test_a_trickling_client_is_disconnected():
    with serving(read_timeout_s=0.4) as address, connect(address) as slow:
        slow.settimeout(0.05)
        give_up = time.monotonic() + PATIENCE_S
        answer = b""
        while not answer and time.monotonic() < give_up:
            with suppress(ConnectionError):  # it may have gone meanwhile; what it said is there to be read
                slow.sendall(b" ")
            with suppress(TimeoutError):
                answer = slow.recv(4096)
    assert b"did not arrive in time" in answer


def test_a_slow_client_does_not_delay_others():
    with serving() as address, connect(address) as slow:
        slow.sendall(b"{")
        assert said(address, LINE).status == "accepted"


def test_a_reset_after_sending_does_not_affect_the_server():
    with serving() as address:
        with connect(address) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.sendall(LINE)
        assert said(address, LINE).status == "accepted"


def test_connections_over_the_limit_get_a_busy_reply():
    entered, release = threading.Event(), threading.Event()

    async def slow(order):
        entered.set()
        await asyncio.to_thread(release.wait, PATIENCE_S)
        return make_accepted_reply(order.request_id)

    with serving(slow, max_connections=1) as address, connect(address) as one:
        one.sendall(LINE)
        try:
            assert entered.wait(PATIENCE_S)
            assert said(address, LINE).code == "busy"
        finally:
            release.set()


def test_silent_connections_are_closed_for_new_ones():
    with serving(max_connections=2) as address, connect(address) as one, connect(address) as two:
        one.sendall(b"{")
        two.sendall(b"{")
        assert said(address, LINE).status == "accepted"


def test_a_failure_of_the_handler_is_the_reply():
    async def refuse(order):
        raise UnknownTicker("never heard of it")

    with serving(refuse) as address:
        assert said(address, LINE) == make_rejected_reply(UnknownTicker("never heard of it"), ORDER.request_id)


def test_a_bug_in_the_handler_is_a_reply_without_a_traceback():
    async def stumble(order):
        raise RuntimeError("secret")

    with serving(stumble) as address:
        reply = said(address, LINE)
    assert reply.code == "forecast_failed"
    assert "secret" not in reply.detail


def test_stopping_waits_for_the_reply_under_way():
    entered, release = threading.Event(), threading.Event()

    async def slow(order):
        entered.set()
        await asyncio.to_thread(release.wait, PATIENCE_S)
        return make_accepted_reply(order.request_id)

    replies = []
    with serving(slow) as address:
        client = threading.Thread(target=lambda: replies.append(send_order_to(address)))
        client.start()
        assert entered.wait(PATIENCE_S)
        release.set()
    client.join()
    assert replies == [make_accepted_reply(ORDER.request_id)]


def test_an_unreachable_peer_is_busy():
    with pytest.raises(Busy):
        send_order_to(Address("127.0.0.1", 1))


def test_a_peer_that_never_replies_is_busy():
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Busy):
        send_order(Address("127.0.0.1", silent.getsockname()[1]), ORDER, timeout_s=0.2)


@pytest.mark.parametrize("reply", [b"", b"nonsense\n", b"x" * (MAX_LINE_BYTES + 1), b'{"status":"maybe"}\n'])
def test_an_invalid_reply_is_busy(reply):
    with socket.create_server(("127.0.0.1", 0)) as strange:
        strange.settimeout(PATIENCE_S)

        def answer():
            sock, _ = strange.accept()
            with sock:
                sock.recv(4096)
                sock.sendall(reply)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(Busy):
            send_order(Address("127.0.0.1", strange.getsockname()[1]), ORDER)
        thread.join()


def test_a_busy_reply_is_not_retried():
    seen = []

    async def refuse(order):
        seen.append(order)
        raise Busy

    with serving(refuse) as address, pytest.raises(Busy):
        deliver(address, ORDER, retry_s=5)
    assert len(seen) == 1


def test_an_unsent_message_and_a_missing_reply_are_different_failures():
    with pytest.raises(Unreachable):
        deliver(Address("127.0.0.1", 1), ORDER, retry_s=0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(NoReply):
        deliver(Address("127.0.0.1", silent.getsockname()[1]), ORDER, retry_s=0.1)


def test_a_message_is_sent_again_after_the_peer_died_before_its_reply():
    """A proxy before a dead process may accept the connection and then close it."""
    with socket.create_server(("127.0.0.1", 0)) as dying:
        dying.settimeout(PATIENCE_S)
        address = Address("127.0.0.1", dying.getsockname()[1])

        def die_twice_and_serve():
            for reply in (b"", b"", encode(make_accepted_reply(ORDER.request_id))):
                sock, _ = dying.accept()
                with sock:
                    sock.recv(4096)
                    sock.sendall(reply)

        thread = threading.Thread(target=die_twice_and_serve)
        thread.start()
        assert deliver(address, ORDER, PATIENCE_S) == make_accepted_reply(ORDER.request_id)
        thread.join()


def test_a_permanent_rejection_is_not_retried():
    seen = []

    async def refuse(order):
        seen.append(order)
        raise UnknownTicker

    with serving(refuse) as address, pytest.raises(UnknownTicker):
        deliver(address, ORDER, retry_s=5)
    assert len(seen) == 1


COMMAND = PricesCommand(request_id=ORDER.request_id, action="refresh", ticker="AAPL", budget_ms=5000)


def test_the_reply_to_a_slow_command_contains_its_outcome():
    async def handle_command(command):
        await asyncio.sleep(2.5)
        return make_accepted_reply(command.request_id, "kept")

    with serving(handle_command=handle_command, read_timeout_s=2) as address:
        assert deliver(address, COMMAND, 1, within_s=PATIENCE_S).outcome == "kept"
        assert send_order_to(address) == make_accepted_reply(ORDER.request_id)


def test_a_server_without_a_command_handler_rejects_commands():
    with serving() as address, pytest.raises(InvalidRequest):
        deliver(address, COMMAND, 1, within_s=PATIENCE_S)


def test_the_wait_for_a_command_ends_at_its_time_limit():
    over = threading.Event()

    async def handle_command(command):
        await asyncio.to_thread(over.wait, PATIENCE_S)
        return make_accepted_reply(command.request_id)

    with serving(handle_command=handle_command) as address:
        with pytest.raises(Busy):
            deliver(address, COMMAND, 0, within_s=0.3)
        over.set()


@contextmanager
def trickling(line):
    """Run a peer that sends ``line`` a byte at a time, repeatedly."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as peer:
        peer.settimeout(PATIENCE_S)

        def answer():
            sock, _ = peer.accept()
            with sock, suppress(OSError):
                while not over.is_set():
                    for byte in line:
                        sock.sendall(bytes([byte]))
                        time.sleep(0.05)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield Address("127.0.0.1", peer.getsockname()[1])
        finally:
            over.set()
            thread.join()


def test_a_trickling_reply_ends_at_the_deadline():
    with trickling(b'{"status": "accepted"') as address, pytest.raises(NoReply):
        send_order(address, ORDER, timeout_s=0.3)


def test_a_peer_that_never_accepts_costs_a_command_only_its_connect_timeout(monkeypatch):
    monkeypatch.setattr("common.rpc.tcp.CONNECT_TIMEOUT_S", 0.2)
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for client in (first, second):
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        with pytest.raises(Unreachable):
            deliver(Address("127.0.0.1", full.getsockname()[1]), COMMAND, 0, within_s=PATIENCE_S)


def test_only_an_order_with_the_token_is_accepted():
    with serving(token="shared-by-the-services") as address:
        assert send_order_to(address.with_security(None, "shared-by-the-services")).status == "accepted"
        for token in (None, "another-installations"):
            assert send_order_to(address.with_security(None, token)).code == "busy"


def test_a_wrong_token_is_logged_once_a_minute_and_rejected_with_advice(caplog):
    with serving(token="shared-by-the-services") as address:
        replies = [send_order_to(address.with_security(None, token)) for token in (None, "another-installations", None)]
    lines = [record for record in caplog.records if "SERVICE_TOKEN" in record.getMessage()]
    assert [record.levelname for record in lines] == ["ERROR"]
    assert "another-installations" not in caplog.text
    for reply in replies:
        assert (reply.code, reply.retry_after_s) == ("busy", 30)
        assert "its operator has to repair its settings" in reply.detail
        assert "SERVICE_TOKEN" not in reply.detail


@pytest.mark.parametrize("token", [None, "shared-by-the-services"])
@pytest.mark.parametrize(
    "line",
    [
        b"POST / HTTP/1.1",
        b"GET / HTTP/1.1",
        b"PUT /x HTTP/1.1",
        b"OPTIONS * HTTP/1.1",
        b"PRI * HTTP/2.0",
        b"\x16\x03\x01",
    ],
)
def test_a_browsers_form_post_ends_the_connection_at_its_first_line(line, token):
    taken = []

    async def note(order):
        taken.append(order)
        return make_accepted_reply(order.request_id)

    with serving(note, token=token) as address:
        head = line + b"\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n\r\n"
        for pieces in ((head + LINE,), (head, LINE), (head, LINE, LINE)):
            with suppress(ConnectionError):
                reply = said(address, *pieces)
                assert reply is None or reply.code == "invalid_request"
    assert taken == []
