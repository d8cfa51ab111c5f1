"""Clients that wait, are slow, leave or break off, over real connections to a real gunicorn."""

import http.client
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, closing, contextmanager, suppress

import psutil
import pytest

from local_stack.processes.probes import is_listening
from test_support.network.ports import free_port
from test_support.waiting import until

CROWD = 300
FEW_FILES = 64
FEW_PLACES = 5


class Server:
    def __init__(self, port, process, log, closing):
        self.port = port
        self.process = process
        self._log = log
        self._closing = closing

    def written(self):
        """What it has said, log and all."""
        return self._log.read_text()

    def connection(self):
        return self._closing.enter_context(closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)))

    def asked(self, method, path, body=None):
        client = self.connection()
        client.request(method, path, body)
        with client.getresponse() as answer:
            return answer.status, answer.read()

    def waiting(self, path="/wait"):
        """A client that has asked."""
        client = self.connection()
        client.request("POST", path, b"{}")
        return client

    def raw(self, sent):
        """A connection over which something has been sent; what it will be closed with is up to the test."""
        client = self._closing.enter_context(socket.create_connection(("127.0.0.1", self.port), timeout=30))
        client.sendall(sent)
        return client

    def until_all_wait(self, number, name="waiting"):
        until(lambda: json.loads(self.asked("GET", "/waiting")[1])[name] == number)

    def workers(self):
        return psutil.Process(self.process.pid).children()

    def holds(self, clients):
        """Which of these connections are open on the server's side."""
        (worker,) = self.workers()
        ports = {connection.raddr.port for connection in worker.net_connections() if connection.raddr}
        return [client for client in clients if client.getsockname()[1] in ports]


@pytest.fixture
def options():
    return []


@pytest.fixture
def files():
    """How many files the server may open unless it asks for more."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


@pytest.fixture
def arrives_within_s():
    return 1


@pytest.fixture
def server(options, files, arrives_within_s, tmp_path):
    port, log = free_port(), tmp_path / "log"
    environment = os.environ | {"LOG_LEVEL": "error", "RECEIVE_TIMEOUT_S": str(arrives_within_s)}
    command = [sys.executable, "-m", "gunicorn", "-c", "webserver/gunicorn.conf.py", "-b", f"127.0.0.1:{port}"]
    limited = ["bash", "-c", f'ulimit -S -n {files} && exec "$@"', "limited"]
    whole = [*limited, *command, "--workers", "1", *options, "test_support.web.held_answers:make()"]
    with log.open("w") as said, subprocess.Popen(whole, env=environment, stderr=said) as process:
        until(lambda: is_listening(port))
        with ExitStack() as closed_at_the_end:
            yield Server(port, process, log, closed_at_the_end)
        process.terminate()
    assert "Logging error" not in log.read_text()


def test_a_crowd_waits_while_others_are_served_and_all_are_answered(server):
    crowd = [server.waiting() for _ in range(CROWD)]
    server.until_all_wait(CROWD)
    assert server.asked("POST", "/let-go", b"there it is")[0] == 200
    for client in crowd:
        with client.getresponse() as answer:
            assert (answer.status, answer.headers["X-Content-Type-Options"]) == (200, "nosniff")
            assert answer.read() == b"there it is"


def test_how_many_are_being_answered_is_measured(server):
    clients = [server.waiting() for _ in range(3)]
    server.until_all_wait(3, "in_flight")
    server.asked("POST", "/let-go", b"{}")
    assert [client.getresponse().status for client in clients] == [200] * 3
    server.until_all_wait(0, "in_flight")


def test_a_connection_goes_on_after_an_answer_that_was_waited_for(server):
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


def test_a_mistake_that_nobody_foresaw_is_answered_as_a_problem(server):
    status, body = server.asked("POST", "/broken")
    assert (status, json.loads(body)["code"]) == (500, "forecast_failed")


def test_who_waits_when_the_server_is_to_end_gets_an_answer_first(server):
    client = server.waiting("/soon")
    server.until_all_wait(1, "soon")
    server.process.send_signal(signal.SIGTERM)
    assert client.getresponse().read() == b"soon"
    assert server.process.wait(30) == 0


@pytest.mark.parametrize("options", [["--keep-alive", "10000", "--graceful-timeout", "10000"]])
def test_who_could_ask_again_does_not_hold_up_the_end(server):
    client = server.connection()
    client.request("GET", "/waiting")
    client.getresponse().read()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(60) == 0
    assert "rror" not in server.written()


@pytest.mark.parametrize("arrives_within_s", [100])
def test_a_body_that_comes_when_the_server_is_to_end_is_answered(server):
    client = server.raw(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhel")
    assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
    server.process.send_signal(signal.SIGTERM)
    with suppress(ConnectionError):
        while True:
            server.raw(b"").close()
    client.sendall(b"lo")
    with client.makefile("rb") as answer:
        assert answer.read().endswith(b"hello")
    assert server.process.wait(30) == 0


def test_an_answer_that_breaks_off_does_not_cost_another_his_at_the_end(server):
    for _ in range(20):
        with server.raw(b"GET /cut-off HTTP/1.1\r\nHost: a\r\n\r\n") as cut_off:
            while cut_off.recv(65536):
                pass
    client = server.waiting("/soon")
    server.until_all_wait(1, "soon")
    server.process.send_signal(signal.SIGTERM)
    assert client.getresponse().read() == b"soon"


@pytest.mark.parametrize("options", [["--worker-connections", str(FEW_PLACES)]])
def test_clients_that_do_not_close_what_is_over_hold_nobody_up(server):
    for _ in range(4 * FEW_PLACES):
        server.raw(b"GET /waiting HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert server.asked("GET", "/waiting")[0] == 200


@pytest.mark.parametrize("options", [["--worker-connections", str(FEW_PLACES)]])
def test_where_nearly_all_places_are_taken_nobody_keeps_one_for_later(server):
    for _ in range(FEW_PLACES - 1):
        server.waiting()
    server.until_all_wait(FEW_PLACES - 1)
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


@pytest.mark.parametrize("options", [["--keep-alive", "1", "--worker-connections", str(FEW_PLACES)]])
@pytest.mark.parametrize("sent", [b"", b"POST /echo HTTP/1.1\r\nHost:"])
def test_who_says_nothing_is_let_go(server, sent):
    silent = [server.raw(sent) for _ in range(4 * FEW_PLACES)]
    assert [client.recv(65536) for client in silent] == [b""] * len(silent)


def test_a_body_that_does_not_come_is_answered_and_let_go(server):
    client = server.raw(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel")
    with client.makefile("rb") as answer:
        said = answer.read()
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b'"invalid_request"' in said


def test_who_does_not_take_what_he_is_sent_is_let_go(server):
    clients = [server.raw(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n") for _ in range(3)]
    assert all(client.recv(1) == b"H" for client in clients)
    while server.holds(clients):
        time.sleep(0.05)


def test_who_asks_faster_than_he_is_answered_leaves_others_their_turn(server):
    assert server.asked("GET", "/waiting")[0] == 200  # the worker has started
    with answers_read_by(server.raw(b"")) as eager:
        asking = threading.Thread(
            target=sent_for_ever, args=[eager, 1000 * b"GET /waiting HTTP/1.1\r\nHost: a\r\n\r\n"]
        )
        asking.start()
        worker = server.workers()
        for _ in range(3):
            assert server.asked("GET", "/waiting")[0] == 200
        assert server.workers() == worker
        eager.shutdown(socket.SHUT_RDWR)
        asking.join()


def test_who_goes_on_sending_what_was_refused_is_let_go(server):
    client = server.raw(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n")
    sending = threading.Thread(target=sent_for_ever, args=[client, b"x" * (1 << 20)])
    sending.start()
    assert server.asked("GET", "/waiting")[0] == 200
    sending.join()


def sent_for_ever(client, what):
    """Send until the connection is over."""
    with suppress(OSError):
        while True:
            client.sendall(what)


@contextmanager
def answers_read_by(client):
    """Have a connection's answers read as they come."""

    def read():
        with suppress(OSError):
            while client.recv(1 << 20):
                pass

    reading = threading.Thread(target=read)
    reading.start()
    yield client
    reading.join()
