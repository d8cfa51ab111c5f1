"""Uploaded files over real connections to a real gunicorn: slow, refused, too long and cut off."""

import json
import socket

import pytest

from common.domain.uploads import MAX_UPLOAD_BYTES
from tests.integration.webserver.test_gevent_worker import file_limit, running_server

LONG = 2_000_000
HEAD = b"PUT /api/v1/prices/%s HTTP/1.1\r\nHost: a\r\n%s\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The server of all tests that need not send for longer than a second."""
    with running_server(tmp_path_factory.mktemp("server"), [], file_limit(), 1) as running:
        yield running


@pytest.fixture(scope="module")
def patient_server(tmp_path_factory):
    """A server that waits for the bytes of a request longer than a busy machine needs to send them."""
    with running_server(tmp_path_factory.mktemp("server"), [], file_limit(), 60) as running:
        yield running


def answer_to(client):
    """Return the status and the body of the answer; the server ends the connection."""
    received = b"".join(iter(lambda: client.recv(65_536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def test_a_file_is_read_in_pieces(server):
    status, body = server.request("PUT", "/api/v1/prices/X", b"x" * LONG)
    found = json.loads(body)
    assert (status, found["bytes"]) == (200, LONG)
    assert found["longest"] <= 65_536


def test_a_file_in_chunks_is_read_to_its_end(server):
    chunk = b"%x\r\n%s\r\n" % (50_000, b"y" * 50_000)
    client = server.connect_and_send(HEAD % (b"X", b"Transfer-Encoding: chunked\r\n") + chunk * 20 + b"0\r\n\r\n")
    status, body = answer_to(client)
    assert (status, json.loads(body)["bytes"]) == (200, 1_000_000)


def test_a_client_without_the_right_is_refused_before_it_sends_the_file(server):
    head = HEAD % (b"REFUSED", b"Content-Length: 2000000\r\nExpect: 100-continue\r\n")
    assert answer_to(server.connect_and_send(head))[0] == 403


def test_a_client_that_sends_without_asking_receives_its_refusal(server):
    head = HEAD % (b"REFUSED", b"Content-Length: 2000000\r\n")
    assert answer_to(server.connect_and_send(head + b"x" * LONG)) == (403, b"refused")


def test_a_client_that_waits_for_100_continue_receives_it_when_the_file_is_read(patient_server):
    client = patient_server.connect_and_send(HEAD % (b"X", b"Content-Length: 5\r\nExpect: 100-continue\r\n"))
    assert client.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.sendall(b"hello")
    assert answer_to(client)[0] == 200


def test_a_file_that_does_not_arrive_in_time_is_answered_with_408(server):
    status, body = answer_to(server.connect_and_send(HEAD % (b"X", b"Content-Length: 500\r\n") + b"x" * 100))
    assert (status, json.loads(body)["code"]) == (408, "invalid_request")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_file_of_the_greatest_length_is_read(patient_server, chunked):
    body, length = b"x" * MAX_UPLOAD_BYTES, MAX_UPLOAD_BYTES
    head = b"Transfer-Encoding: chunked\r\n" if chunked else b"Content-Length: %d\r\n" % length
    whole = b"%x\r\n%s\r\n0\r\n\r\n" % (length, body) if chunked else body
    status, answer = answer_to(patient_server.connect_and_send(HEAD % (b"X", head) + whole))
    assert (status, json.loads(answer)["bytes"]) == (200, length)


def test_a_file_that_is_too_long_is_answered_with_413_before_it_arrives(server):
    head = HEAD % (b"X", b"Content-Length: 16777217\r\nExpect: 100-continue\r\n")
    assert answer_to(server.connect_and_send(head))[0] == 413


def test_a_file_in_chunks_that_is_too_long_is_answered_with_413(patient_server):
    chunk = b"%x\r\n%s\r\n" % (1_000_000, b"y" * 1_000_000)
    client = patient_server.connect_and_send(HEAD % (b"X", b"Transfer-Encoding: chunked\r\n"))
    try:
        for _ in range(18):
            client.sendall(chunk)
    except OSError:
        pass  # the server answered and closed
    assert answer_to(client)[0] == 413


@pytest.mark.parametrize("head", [b"Content-Length: 500\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_a_client_that_disconnects_within_its_file_affects_no_other(server, head):
    client = server.connect_and_send(HEAD % (b"X", head) + b"5\r\nhello\r\n")
    client.close()
    broken = server.connect_and_send(HEAD % (b"X", b"Transfer-Encoding: chunked\r\n") + b"zz\r\nhello\r\n")
    assert answer_to(broken)[0] == 400
    assert server.request("PUT", "/api/v1/prices/X", b"x")[0] == 200
    assert "Traceback" not in server.log_text()


@pytest.mark.parametrize("sent", [b"", b"hell"])
def test_a_file_that_ends_before_its_length_is_refused(patient_server, sent):
    client = patient_server.connect_and_send(HEAD % (b"X", b"Content-Length: 5\r\n") + sent)
    client.shutdown(socket.SHUT_WR)
    assert answer_to(client)[0] == 400
