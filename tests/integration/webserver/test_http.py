"""Malformed and oversized requests, over real connections to gunicorn."""

import http.client
import json
import os
import socket
import subprocess
import sys

import pytest

from local_stack.processes.probes import is_listening
from test_support.network.ports import free_port
from test_support.waiting import until

HEAD = b"POST /api/v1/forecasts HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(scope="module")
def port(redis_server_url):
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", "webserver/gunicorn.conf.py", "-b", f"127.0.0.1:{port}"]
    environment = os.environ | {"REDIS_URL": redis_server_url, "AWS_REGION": "us-east-1", "LOG_LEVEL": "error"}
    with subprocess.Popen([*command, "webserver.app:create_app()"], env=environment) as server:
        until(lambda: is_listening(port))
        yield port
        server.terminate()


GARBAGE = [
    *(
        "",
        " ",
        ",",
        ";",
        "\x80\xff",
        "[::1",
        "http://[::1",
        "http://[::1]]/",
        "http://[v1.x]/",
        "://",
        "null",
        "*",
        "%00%ff",
    ),
    *("-1", "9" * 400, "1e999", "0x10", "NaN", "bytes=-", 'W/"', '"', "\\", "=;=", "a=b=c", "q=nonsense;q=2", "\u2100"),
    *("x" * 4000, "/../..", "javascript:alert(1)", "evil.example:port", "127.0.0.1:99999999", "{}", "<script>"),
]
HEADERS = [
    *(
        "Host",
        "Origin",
        "Referer",
        "Sec-Fetch-Site",
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "X-Forwarded-Host",
    ),
    *(
        "X-Forwarded-Port",
        "X-Forwarded-Prefix",
        "X-Forwarded-Ssl",
        "X-Forwarded-Protocol",
        "X-Real-IP",
        "X-Original-URL",
    ),
    *("X-Rewrite-URL", "X-HTTP-Method-Override", "SCRIPT_NAME", "PATH_INFO", "REMOTE_USER", "Script-Name", "Path-Info"),
    *("Accept", "Accept-Encoding", "Accept-Language", "Accept-Charset", "Authorization", "Cookie", "Range", "If-Range"),
    *(
        "If-Match",
        "If-None-Match",
        "If-Modified-Since",
        "If-Unmodified-Since",
        "Prefer",
        "Idempotency-Key",
        "Content-Type",
    ),
    *(
        "Content-Encoding",
        "Cache-Control",
        "Upgrade",
        "Connection",
        "TE",
        "Trailer",
        "Expect",
        "Date",
        "Via",
        "Warning",
    ),
    *("Last-Event-ID", "Access-Control-Request-Method", "traceparent", "X-Request-ID", "User-Agent", "Max-Forwards"),
]
REQUESTS = [
    ("GET", "/", b""),
    ("GET", "/static/styles/answer.css", b""),
    ("GET", "/api/v1/forecasts/123e4567-e89b-42d3-a456-426614174000", b""),
    ("GET", "/api/openapi.json", b""),
    ("POST", "/api/v1/forecasts", b"{}"),
]


@pytest.mark.parametrize("name", HEADERS)
def test_no_header_makes_the_server_fail(port, name):
    head = "" if name == "Host" else "Host: localhost\r\n"
    for method, path, body in REQUESTS:
        for value in GARBAGE:
            lines = f"{method} {path} HTTP/1.1\r\n{head}{name}: {value}\r\nConnection: close\r\n"
            sent = f"{lines}Content-Length: {len(body)}\r\n\r\n".encode("utf-8", "surrogateescape") + body
            with socket.create_connection(("127.0.0.1", port), timeout=100) as sock:
                sock.sendall(sent)
                with sock.makefile("rb") as reader:
                    status = reader.readline().split()[1]
            assert int(status) < 500, (method, path, name, value)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Host: evil.example\r\n", 421),
        (b"Host: [::1\r\n", 400),
        (b"Host: a\r\nHost: localhost\r\n", 400),
        (b"", 400),
    ],
)
@pytest.mark.parametrize("method", [b"GET", b"PUT", b"DELETE", b"POST"])
def test_a_request_for_another_host_is_refused(port, method, head, status):
    answered, _, problem = answer_to(port, method + b" /api/v1/tickers/AAPL HTTP/1.1\r\n" + head + b"\r\n")
    assert (answered, problem["code"]) == (status, "invalid_request")


@pytest.mark.parametrize(
    "header",
    [
        *(
            b"X-Forwarded-Proto: https",
            b"X-Forwarded-Ssl: on",
            b"X-Forwarded-Protocol: ssl",
            b"X_Forwarded_Proto: https",
        ),
        *(b"SCRIPT_NAME: /livez", b"PATH_INFO: /livez", b"Script-Name: /livez", b"X-Forwarded-Prefix: /livez"),
        *(b"X-Forwarded-Host: evil.example", b"Forwarded: host=evil.example;proto=https"),
    ],
)
def test_proxy_headers_are_ignored_without_a_proxy(port, header):
    status, headers, _ = answer_to(port, b"GET /livez HTTP/1.1\r\nHost: localhost\r\n" + header + b"\r\n\r\n")
    assert (status, headers["Strict-Transport-Security"]) == (200, None)


def answer_to(port, data):
    with socket.create_connection(("127.0.0.1", port), timeout=100) as sock:
        sock.sendall(data)
        with sock.makefile("rb") as reader:
            status = int(reader.readline().split()[1])
            headers = http.client.parse_headers(reader)
            return status, headers, json.loads(reader.read(int(headers["Content-Length"])))


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"".join(b"X%d: a\r\n" % n for n in range(60)) + b"\r\n", 431),
        (b"GET / HTTP/9\r\n\r\n", 400),
        (b"\x16\x03\x01\x00\xa5\r\n\r\n", 400),
        (HEAD + b"Content-Length: -1\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"FOO / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
        (b"GET /%ff%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
    ],
)
def test_a_malformed_request_is_answered_with_a_problem(port, data, status):
    answered, headers, problem = answer_to(port, data)
    assert (answered, headers["Content-Type"]) == (status, "application/problem+json")
    assert (problem["status"], problem["code"]) == (status, "not_found" if status == 404 else "invalid_request")
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("size", [17_000, 1 << 20, 20 << 20])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_too_large_body_is_answered_with_413(port, size, chunked):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=100)
    if chunked:
        client.request("POST", "/api/v1/forecasts", iter([b"x" * 1000] * (size // 1000)), encode_chunked=True)
    else:
        client.request("POST", "/api/v1/forecasts", b"x" * size)
    answer = client.getresponse()
    problem = json.load(answer)
    client.close()
    assert (answer.status, answer.headers["Content-Type"]) == (413, "application/problem+json")
    assert (problem["code"], problem["detail"]) == (
        "invalid_request",
        "The body is longer than 16 KiB. Send a shorter body.",
    )


@pytest.mark.parametrize("colon", [":", "%3A"])
def test_an_import_may_be_longer_but_not_without_a_limit(port, colon):
    address = f"/api/v1/watchlists/7d444840-9dc0-41d1-b245-5ffdce74fad2{colon}import"
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=100)
    refusals = []
    for blank_lines in (250_000, 300_000):
        body = json.dumps({"csv": "ticker\nAAPL" + "\n" * blank_lines})
        client.request("POST", address, body, {"Content-Type": "application/json"})
        answer = client.getresponse()
        refusals.append((answer.status, json.load(answer)["detail"]))
        client.close()
    assert refusals[0][0] == 503, "the body was accepted, and there is no SQL store"
    assert refusals[1] == (413, "The body is longer than 512 KiB. Send a shorter body.")


def test_a_small_chunked_body_is_read(port):
    status, _, problem = answer_to(port, HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
    assert (status, problem["code"]) == (400, "invalid_ticker")
