"""Requests that wait for their answers hold no thread, over real connections to a real gunicorn."""

import http.client
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, closing, suppress

import pytest

from tests.ports import free_port

THREADS = 2
CROWD = 20
FEW_FILES = 64


class Server:
    def __init__(self, port, process, closing):
        self.port = port
        self.process = process
        self._closing = closing

    def connection(self):
        return self._closing.enter_context(closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)))

    def asked(self, method, path, body=None):
        client = self.connection()
        client.request(method, path, body)
        with client.getresponse() as answer:
            return answer.status, answer.read()

    def waiting(self, path="/later"):
        """A client that has asked."""
        client = self.connection()
        client.request("POST", path, b"{}")
        return client

    def raw(self, sent):
        """A connection over which something has been sent; what it will be closed with is up to the test."""
        client = self._closing.enter_context(socket.create_connection(("127.0.0.1", self.port), timeout=30))
        client.sendall(sent)
        return client

    def until_all_wait(self, number, path="/waiting"):
        while self.asked("GET", path) != (200, b'{"waiting":%d}\n' % number):
            time.sleep(0.01)


@pytest.fixture
def connections():
    return 1000


@pytest.fixture
def files():
    """How many files the server may open unless it asks for more."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


@pytest.fixture
def server(connections, files):
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", "webserver/gunicorn.conf.py", "-b", f"127.0.0.1:{port}"]
    options = ["--workers", "1", "--threads", str(THREADS), "--worker-connections", str(connections)]
    limited = ["bash", "-c", f'ulimit -S -n {files} && exec "$@"', "limited"]
    whole = [*limited, *command, *options, "tests.integration.later_application:make()"]
    with subprocess.Popen(whole, env=os.environ | {"LOG_LEVEL": "error"}) as process:
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        with ExitStack() as closed_at_the_end:
            yield Server(port, process, closed_at_the_end)
        process.terminate()


def test_a_crowd_waits_while_others_are_served_and_all_are_answered(server):
    crowd = [server.waiting() for _ in range(CROWD)]
    server.until_all_wait(CROWD)
    assert server.asked("POST", "/let-go", b"there it is")[0] == 200
    for client in crowd:
        with client.getresponse() as answer:
            assert (answer.status, answer.headers["X-Hooked"]) == (200, "/later")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.read() == b"there it is"


def test_a_connection_goes_on_after_an_answer_that_came_later(server):
    client = server.waiting()
    server.until_all_wait(1)
    server.asked("POST", "/let-go", b"first")
    assert client.getresponse().read() == b"first"
    for _ in range(2):
        client.request("POST", "/now")
        assert client.getresponse().read() == b"now"


def test_whoever_left_meanwhile_is_missed_by_nobody(server):
    server.waiting().close()
    staying = server.waiting()
    server.until_all_wait(2)
    server.asked("POST", "/let-go", b"there it is")
    assert staying.getresponse().read() == b"there it is"
    assert server.asked("GET", "/waiting")[0] == 200


def test_a_mistake_that_comes_later_is_answered_as_a_problem(server):
    status, body = server.asked("POST", "/broken")
    assert (status, b"forecast_failed" in body) == (500, True)


def test_who_waits_when_the_server_is_to_end_gets_an_answer_first(server):
    client = server.waiting()
    server.until_all_wait(1)
    letting_go = server.connection()
    letting_go.request("GET", "/waiting")
    letting_go.getresponse().read()
    server.process.send_signal(signal.SIGTERM)
    letting_go.request("POST", "/let-go", b"there it is")
    assert client.getresponse().read() == b"there it is"
    assert server.process.wait(30) == 0


def test_an_answer_that_breaks_off_does_not_cost_another_his_at_the_end(server):
    for _ in range(CROWD):
        with server.raw(b"GET /cut-off HTTP/1.1\r\nHost: a\r\n\r\n") as cut_off:
            while cut_off.recv(65536):
                pass
    client = server.waiting("/soon")
    server.until_all_wait(1, "/expecting")
    server.process.send_signal(signal.SIGTERM)
    assert client.getresponse().read() == b"soon"


def test_clients_that_do_not_close_what_is_over_hold_nobody_up(server):
    for _ in range(CROWD):
        server.raw(b"GET /waiting HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    # gunicorn by itself would wait 2 s for each, one after the other.
    assert server.asked("GET", "/waiting")[0] == 200


@pytest.mark.parametrize("connections", [2 * THREADS])
def test_where_nearly_all_places_are_taken_nobody_keeps_one_for_later(server):
    for _ in range(THREADS):
        server.waiting()
    server.until_all_wait(THREADS)
    polling = server.connection()
    polling.request("GET", "/waiting")
    assert polling.getresponse().headers["Connection"] == "close"
    server.asked("POST", "/let-go", b"there it is")


@pytest.mark.parametrize("files", [FEW_FILES])
def test_as_many_files_are_asked_for_as_there_may_be_connections(server):
    crowd = [server.waiting() for _ in range(2 * FEW_FILES)]
    server.until_all_wait(len(crowd))
    assert server.asked("POST", "/let-go", b"there it is")[0] == 200
    assert {client.getresponse().read() for client in crowd} == {b"there it is"}


def test_a_client_that_waits_to_be_told_to_go_on_is_told_so_once(server):
    client = server.raw(
        b"POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    )
    assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.sendall(b"hello")
    with client.makefile("rb") as answer:
        assert answer.readline() == b"HTTP/1.1 200 OK\r\n"
        assert answer.read().endswith(b"hello")
