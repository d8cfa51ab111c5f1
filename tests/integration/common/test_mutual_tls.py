"""Mutual TLS over real sockets, with certificates of a test authority."""

import asyncio
import logging
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from common.domain.errors import Busy
from common.rpc.addresses import Address
from common.rpc.messages import make_accepted_reply
from common.rpc.tcp import NoReply, Unreachable, deliver
from common.rpc.tls import Credentials
from common.runtime.metrics import UNTRUSTED_PEERS
from test_support.network.certificates import Authority, credentials_trusting
from test_support.network.ports import free_port
from test_support.waiting import until
from tests.integration.common.test_tcp import LINE, ORDER, PATIENCE_S, connect, read_all, send_order_to, serving

YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "ours")


@pytest.fixture
def stranger(tmp_path):
    """Another authority, of the same name."""
    return Authority(tmp_path / "theirs")


@pytest.fixture
def server(authority):
    """The server's own credentials."""
    return Credentials(authority.issue("server"))


def count_untrusted():
    """Return the number of rejected peers so far, by both sides in this process."""
    return UNTRUSTED_PEERS._value.get()


def check_refused(address, caplog):
    """Assert that an order is rejected, counted and logged without a traceback."""
    before = count_untrusted()
    with caplog.at_level(logging.WARNING), pytest.raises((Unreachable, NoReply)):
        send_order_to(address)
    until(lambda: count_untrusted() > before)
    assert not any(record.exc_info for record in caplog.records)


def test_peers_of_one_authority_connect_with_tls_1_3(authority, server):
    with serving(credentials=server) as address:
        client = Credentials(authority.issue("client"))
        assert send_order_to(address.with_security(client)) == make_accepted_reply(ORDER.request_id)
        with (
            connect(address) as sock,
            client.client_context().wrap_socket(sock, server_hostname="127.0.0.1") as secured,
        ):
            assert secured.version() == "TLSv1.3"
            for at in range(len(LINE)):
                secured.sendall(LINE[at : at + 1])
            assert b"accepted" in secured.recv(4096)


@pytest.mark.parametrize("said", [LINE, b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05hello", b"\x00" * 600])
def test_a_peer_in_the_clear_is_refused_counted_and_logged_and_others_are_served(authority, server, caplog, said):
    before = count_untrusted()
    with serving(credentials=server) as address:
        with caplog.at_level(logging.WARNING), connect(address) as sock:
            sock.sendall(said)
            assert b"status" not in read_all(sock)
        client = Credentials(authority.issue("client"))
        assert send_order_to(address.with_security(client)).status == "accepted"
    assert count_untrusted() == before + 1
    assert [record.getMessage()[:18] for record in caplog.records] == ["a peer was refused"]
    assert not any(record.exc_info for record in caplog.records)


def test_a_client_without_a_certificate_is_refused(authority, server, caplog):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority.file)
    with (
        caplog.at_level(logging.WARNING),
        serving(credentials=server) as address,
        connect(address) as sock,
        context.wrap_socket(sock, server_hostname="127.0.0.1") as secured,
    ):
        secured.sendall(LINE)
        with pytest.raises(ssl.SSLError, match="certificate required"):
            secured.recv(4096)
    assert "PEER_DID_NOT_RETURN_A_CERTIFICATE" in caplog.text


def test_a_client_of_another_authority_is_refused(authority, stranger, server, caplog):
    foreign = credentials_trusting(stranger.issue("client"), authority)
    with serving(credentials=server) as address:
        check_refused(address.with_security(foreign), caplog)
        client = Credentials(authority.issue("client"))
        assert send_order_to(address.with_security(client)).status == "accepted"
    assert "a peer was refused: " in caplog.text


def test_an_expired_certificate_is_refused_on_either_side(authority, server, caplog):
    expired = Credentials(authority.issue("expired", until=YESTERDAY))
    with serving(credentials=server) as address:
        check_refused(address.with_security(expired), caplog)
    assert "a peer was refused: certificate has expired" in caplog.text
    caplog.clear()
    with serving(credentials=expired) as address:
        check_refused(address.with_security(server), caplog)
    assert f"no trusted connection to the server at {address}: certificate has expired" in caplog.text


def test_a_server_of_another_authority_or_another_name_is_sent_nothing(authority, stranger, server, caplog):
    client = Credentials(authority.issue("client"))
    for wrong in (
        credentials_trusting(stranger.issue("server"), authority),
        Credentials(authority.issue("other", "127.0.0.9")),
    ):
        heard = []

        async def hear(order, heard=heard):
            heard.append(order)
            return make_accepted_reply(order.request_id)

        with serving(hear, credentials=wrong) as address:
            check_refused(address.with_security(client), caplog)
        assert heard == []
        assert f"no trusted connection to the server at {address}" in caplog.text


def test_a_server_in_the_clear_is_sent_nothing(authority):
    client = Credentials(authority.issue("client"))
    heard = []

    async def hear(order):
        heard.append(order)
        return make_accepted_reply(order.request_id)

    with serving(hear) as address, pytest.raises(Unreachable):
        deliver(address.with_security(client), ORDER, retry_s=0.2)
    assert heard == []


def test_renewed_certificates_take_effect_without_a_restart(authority, stranger, caplog):
    files = authority.issue("server")
    client = Credentials(authority.issue("client"))
    with serving(credentials=Credentials(files)) as address:
        assert send_order_to(address.with_security(client)).status == "accepted"
        before = read_certificate(address, client)
        files.certificate.write_text("half of a renewal")
        assert read_certificate(address, client) == before
        authority.issue("server")
        assert read_certificate(address, client) != before
        authority.file.write_bytes(stranger.file.read_bytes())
        check_refused(address.with_security(client), caplog)


def read_certificate(address, client):
    """Return the certificate that a server presents."""
    with connect(address) as sock, client.client_context().wrap_socket(sock, server_hostname="127.0.0.1") as secured:
        secured.sendall(LINE)
        assert b"accepted" in secured.recv(4096)
        return secured.getpeercert(binary_form=True)


def test_connections_with_an_unfinished_handshake_are_closed_for_new_ones(authority, server):
    client = Credentials(authority.issue("client"))
    with serving(credentials=server, max_connections=2) as address, connect(address) as one, connect(address) as two:
        one.sendall(b"\x16\x03\x01")
        two.sendall(b"\x16")
        assert send_order_to(address.with_security(client)).status == "accepted"


def test_a_peer_that_never_finishes_its_handshake_is_cut_off_in_time(server):
    with (
        serving(credentials=server, read_timeout_s=0.2) as address,
        connect(address) as sock,
        suppress(ConnectionResetError),  # that it was cut off before its bytes came is as good
    ):
        sock.sendall(b"\x16\x03\x01")
        assert sock.recv(4096) == b""


def test_connections_over_the_limit_get_a_busy_reply_with_tls(authority, server):
    entered, release = threading.Event(), threading.Event()

    async def slow(order):
        entered.set()
        await asyncio.to_thread(release.wait, PATIENCE_S)
        return make_accepted_reply(order.request_id)

    client = Credentials(authority.issue("client"))
    with serving(slow, credentials=server, max_connections=1) as address:
        first = threading.Thread(target=send_order_to, args=(address.with_security(client),))
        first.start()
        try:
            assert entered.wait(PATIENCE_S)
            assert send_order_to(address.with_security(client)).code == "busy"
        finally:
            release.set()
            first.join()


def test_a_reset_during_the_handshake_does_not_affect_the_server(authority, server, caplog):
    client = Credentials(authority.issue("client"))
    with serving(credentials=server) as address:
        with connect(address) as sock:
            sock.sendall(b"\x16\x03\x01")
        with connect(address):
            pass
        assert send_order_to(address.with_security(client)).status == "accepted"
    assert not caplog.records


def test_an_unreachable_address_does_not_count_as_an_untrusted_peer(authority):
    before = count_untrusted()
    with pytest.raises(Busy):
        send_order_to(Address("127.0.0.1", free_port(), Credentials(authority.issue("client"))))
    assert count_untrusted() == before
