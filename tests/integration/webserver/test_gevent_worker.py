"""Clients that wait, are slow or disconnect, over real connections to a real gunicorn."""

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
from test_support.waiting import PATIENCE_S, until

MANY_CLIENTS = 300
FEW_FILES = 64
FEW_CONNECTIONS = 5


class Server:
    def __init__(self, port, process, log, closing):
        self.port = port
        self.process = process
        self._log = log
        self._closing = closing

    def log_text(self):
        return self._log.read_text()

    def connection(self):
        return self._closing.enter_context(
            closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S))
        )

    def request(self, method, path, body=None):
        client = self.connection()
        client.request(method, path, body)
        with client.getresponse() as answer:
            return answer.status, answer.read()

    def waiting_client(self, path="/wait"):
        """Return a client that has sent a request and reads no answer yet."""
        client = self.connection()
        client.request("POST", path, b"{}")
        return client

    def connect_and_send(self, sent):
        """Open a connection, send these bytes, and return the socket."""
        client = self._closing.enter_context(socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S))
        client.sendall(sent)
        return client

    def wait_until_count(self, number, name="waiting"):
        until(lambda: json.loads(self.request("GET", "/waiting")[1])[name] == number)

    def workers(self):
        return psutil.Process(self.process.pid).children()

    def still_open(self, clients):
        """Return those of the connections that are open on the server's side."""
        (worker,) = self.workers()
        ports = {connection.raddr.port for connection in worker.net_connections() if connection.raddr}
        return [client for client in clients if client.getsockname()[1] in ports]


@pytest.fixture
def options():
    return []


@pytest.fixture
def files():
    """The number of files that the server may open unless it raises its limit."""
    return file_limit()


@pytest.fixture
def receive_timeout_s():
    return 1


@pytest.fixture
def server(options, files, receive_timeout_s, tmp_path):
    with running_server(tmp_path, options, files, receive_timeout_s) as running:
        yield running


def file_limit():
    """Return the number of files that a process may open."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


@contextmanager
def running_server(folder, options, files, receive_timeout_s):
    """Run a server whose log is in ``folder``."""
    port, log = free_port(), folder / "log"
    environment = os.environ | {"LOG_LEVEL": "error", "RECEIVE_TIMEOUT_S": str(receive_timeout_s)}
    command = [sys.executable, "-m", "gunicorn", "-c", "webserver/gunicorn.conf.py", "-b", f"127.0.0.1:{port}"]
    limited = ["bash", "-c", f'ulimit -S -n {files} && exec "$@"', "limited"]
    whole = [*limited, *command, "--workers", "1", *options, "test_support.web.held_answers:create_app()"]
    with log.open("w") as output, subprocess.Popen(whole, env=environment, stderr=output) as process:
        until(lambda: is_listening(port))
        with ExitStack() as connections:
            yield Server(port, process, log, connections)
        process.terminate()
    assert "Logging error" not in log.read_text()


def test_waiting_clients_do_not_block_others_and_all_receive_the_answer(server):
    clients = [server.waiting_client() for _ in range(MANY_CLIENTS)]
    server.wait_until_count(MANY_CLIENTS)
    assert server.request("POST", "/release", b"the answer")[0] == 200
    for client in clients:
        with client.getresponse() as answer:
            assert (answer.status, answer.headers["X-Content-Type-Options"]) == (200, "nosniff")
            assert answer.read() == b"the answer"


def test_a_metric_counts_the_requests_in_flight(server):
    clients = [server.waiting_client() for _ in range(3)]
    server.wait_until_count(3, "in_flight")
    server.request("POST", "/release", b"{}")
    assert [client.getresponse().status for client in clients] == [200] * 3
    server.wait_until_count(0, "in_flight")


def test_a_connection_can_be_reused_after_a_held_answer(server):
    client = server.waiting_client()
    server.wait_until_count(1)
    server.request("POST", "/release", b"first")
    assert client.getresponse().read() == b"first"
    for _ in range(2):
        client.request("POST", "/now")
        assert client.getresponse().read() == b"now"


def test_a_client_that_disconnects_while_it_waits_affects_no_other(server):
    server.waiting_client().close()
    staying = server.waiting_client()
    server.wait_until_count(2)
    server.request("POST", "/release", b"the answer")
    assert staying.getresponse().read() == b"the answer"
    assert server.request("GET", "/waiting")[0] == 200


def test_an_unhandled_exception_is_answered_with_a_problem(server):
    status, body = server.request("POST", "/broken")
    assert (status, json.loads(body)["code"]) == (500, "forecast_failed")


def test_worker_processes_collect_garbage_also_after_a_reload(server):
    first = json.loads(server.request("GET", "/waiting")[1])
    server.process.send_signal(signal.SIGHUP)
    until(lambda: [one.pid for one in server.workers() if one.pid != first["pid"]], 100)
    until(lambda: first["pid"] not in [one.pid for one in server.workers()], 100)
    second = json.loads(server.request("GET", "/waiting")[1])
    assert second["pid"] != first["pid"]
    assert first["collects_garbage"] is second["collects_garbage"] is True


def test_sigterm_lets_a_waiting_client_receive_its_answer(server):
    client = server.waiting_client("/soon")
    server.wait_until_count(1, "soon")
    server.process.send_signal(signal.SIGTERM)
    assert client.getresponse().read() == b"soon"
    assert server.process.wait(100) == 0


@pytest.mark.parametrize("options", [["--keep-alive", "10000", "--graceful-timeout", "10000"]])
def test_an_idle_keep_alive_connection_does_not_delay_the_end(server):
    client = server.connection()
    client.request("GET", "/waiting")
    client.getresponse().read()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(100) == 0
    assert "rror" not in server.log_text()


@pytest.mark.parametrize("receive_timeout_s", [100])
def test_a_body_that_arrives_after_sigterm_is_answered(server):
    client = server.connect_and_send(
        b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhel"
    )
    assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
    server.process.send_signal(signal.SIGTERM)
    with suppress(ConnectionError):
        while True:
            server.connect_and_send(b"").close()
    client.sendall(b"lo")
    with client.makefile("rb") as answer:
        assert answer.read().endswith(b"hello")
    assert server.process.wait(100) == 0


def test_answers_that_broke_off_do_not_keep_sigterm_from_draining_others(server):
    for _ in range(20):
        with server.connect_and_send(b"GET /cut-off HTTP/1.1\r\nHost: a\r\n\r\n") as cut_off:
            while cut_off.recv(65536):
                pass
    client = server.waiting_client("/soon")
    server.wait_until_count(1, "soon")
    server.process.send_signal(signal.SIGTERM)
    assert client.getresponse().read() == b"soon"


@pytest.mark.parametrize("options", [["--worker-connections", str(FEW_CONNECTIONS)]])
def test_clients_that_leave_closed_connections_open_do_not_block_others(server):
    for _ in range(4 * FEW_CONNECTIONS):
        server.connect_and_send(b"GET /waiting HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert server.request("GET", "/waiting")[0] == 200


@pytest.mark.parametrize("options", [["--worker-connections", str(FEW_CONNECTIONS)]])
def test_no_connection_is_kept_alive_when_nearly_all_are_in_use(server):
    for _ in range(FEW_CONNECTIONS - 1):
        server.waiting_client()
    server.wait_until_count(FEW_CONNECTIONS - 1)
    polling = server.connection()
    polling.request("GET", "/waiting")
    assert polling.getresponse().headers["Connection"] == "close"
    server.request("POST", "/release", b"the answer")


@pytest.mark.parametrize("files", [FEW_FILES])
def test_the_file_limit_is_raised_to_the_number_of_connections(server):
    clients = [server.waiting_client() for _ in range(2 * FEW_FILES)]
    server.wait_until_count(len(clients))
    assert server.request("POST", "/release", b"the answer")[0] == 200
    assert {client.getresponse().read() for client in clients} == {b"the answer"}


def test_a_client_that_expects_100_continue_receives_it_once(server):
    client = server.connect_and_send(
        b"POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    )
    assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.sendall(b"hello")
    with client.makefile("rb") as answer:
        assert answer.readline() == b"HTTP/1.1 200 OK\r\n"
        assert answer.read().endswith(b"hello")


@pytest.mark.parametrize("options", [["--keep-alive", "1", "--worker-connections", str(FEW_CONNECTIONS)]])
@pytest.mark.parametrize("sent", [b"", b"POST /echo HTTP/1.1\r\nHost:"])
def test_a_connection_without_a_whole_request_is_closed(server, sent):
    silent = [server.connect_and_send(sent) for _ in range(4 * FEW_CONNECTIONS)]
    assert [client.recv(65536) for client in silent] == [b""] * len(silent)


def test_a_body_that_does_not_arrive_in_time_is_answered_with_408(server):
    client = server.connect_and_send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel")
    with client.makefile("rb") as answer:
        received = answer.read()
    assert received.startswith(b"HTTP/1.1 408 ")
    assert b'"invalid_request"' in received


def test_a_client_that_reads_no_answer_is_disconnected(server):
    clients = [server.connect_and_send(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n") for _ in range(3)]
    assert all(client.recv(1) == b"H" for client in clients)
    while server.still_open(clients):
        time.sleep(0.05)


def test_a_client_that_sends_requests_without_pause_does_not_starve_others(server):
    assert server.request("GET", "/waiting")[0] == 200  # the worker has started
    with reading_answers_of(server.connect_and_send(b"")) as eager:
        asking = threading.Thread(
            target=send_until_closed, args=[eager, 1000 * b"GET /waiting HTTP/1.1\r\nHost: a\r\n\r\n"]
        )
        asking.start()
        worker = server.workers()
        for _ in range(3):
            assert server.request("GET", "/waiting")[0] == 200
        assert server.workers() == worker
        eager.shutdown(socket.SHUT_RDWR)
        asking.join()


def test_a_client_that_keeps_sending_a_refused_body_is_disconnected(server):
    client = server.connect_and_send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n")
    sending = threading.Thread(target=send_until_closed, args=[client, b"x" * (1 << 20)])
    sending.start()
    assert server.request("GET", "/waiting")[0] == 200
    sending.join()


def send_until_closed(client, data):
    """Send the data again and again until the connection is closed."""
    with suppress(OSError):
        while True:
            client.sendall(data)


@contextmanager
def reading_answers_of(client):
    """Read a connection's answers in a thread, so that the server can send more."""

    def read():
        with suppress(OSError):
            while client.recv(1 << 20):
                pass

    reading = threading.Thread(target=read)
    reading.start()
    yield client
    reading.join()
