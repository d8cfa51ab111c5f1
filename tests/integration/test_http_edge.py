"""What reaches gunicorn and not the application, or is too much for it, over real connections."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from tests.ports import free_port

HEAD = b"POST /api/v1/forecasts HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture(scope="module")
def port(redis_server_url):
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", "webserver/gunicorn.conf.py", "-b", f"127.0.0.1:{port}"]
    environment = os.environ | {"REDIS_URL": redis_server_url, "AWS_REGION": "us-east-1", "LOG_LEVEL": "error"}
    with subprocess.Popen([*command, "webserver.app:create_app()"], env=environment) as server:
        give_up = time.monotonic() + 250
        while time.monotonic() < give_up:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        yield port
        server.terminate()


def said(port, data):
    with socket.create_connection(("127.0.0.1", port), timeout=100) as sock:
        sock.sendall(data)
        with sock.makefile("rb") as reader:
            status = int(reader.readline().split()[1])
            headers = http.client.parse_headers(reader)
            return status, headers, json.loads(reader.read(int(headers["Content-Length"])))


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X%d: a\r\n" % n for n in range(60)) + b"\r\n", 431),
        (b"GET / HTTP/9\r\n\r\n", 400),
        (b"\x16\x03\x01\x00\xa5\r\n\r\n", 400),
        (HEAD + b"Content-Length: -1\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"FOO / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"GET /%ff%00 HTTP/1.1\r\nHost: x\r\n\r\n", 404),
    ],
)
def test_every_mistake_is_answered_as_a_problem(port, data, status):
    answered, headers, problem = said(port, data)
    assert (answered, headers["Content-Type"]) == (status, "application/problem+json")
    assert (problem["status"], problem["code"]) == (status, "not_found" if status == 404 else "invalid_request")
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("size", [17_000, 1 << 20, 20 << 20])
@pytest.mark.parametrize("chunked", [False, True])
def test_too_large_a_body_gets_its_answer_however_it_is_sent(port, size, chunked):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=100)
    if chunked:
        client.request("POST", "/api/v1/forecasts", iter([b"x" * 1000] * (size // 1000)), encode_chunked=True)
    else:
        client.request("POST", "/api/v1/forecasts", b"x" * size)
    answer = client.getresponse()
    problem = json.load(answer)
    client.close()
    assert (answer.status, answer.headers["Content-Type"]) == (413, "application/problem+json")
    assert (problem["code"], problem["detail"]) == ("invalid_request", "The body is longer than 16 KiB.")


def test_a_small_chunked_body_is_a_body(port):
    status, _, problem = said(port, HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
    assert (status, problem["code"]) == (400, "invalid_ticker")
