"""Requests to foreign host names are refused. Headers of proxies count only if proxies are trusted."""

import pytest
from flask import Flask, Response, request
from werkzeug.test import Client, EnvironBuilder

from common.runtime.hosts import AllowedHosts
from webserver.http.middleware.forwarded import behind_proxies
from webserver.http.middleware.host_check import HostCheck
from webserver.http.middleware.response_headers import ResponseHeaders


def client_of(setting="", hops=0):
    application = Flask("hosts")

    @application.route("/<path:path>", methods=["GET", "PUT", "POST", "DELETE"])
    def seen(path):
        return {"path": path, "host": request.host, "address": request.remote_addr, "scheme": request.scheme}

    inner = ResponseHeaders(HostCheck(application.wsgi_app, AllowedHosts.parse(setting)))
    return Client(behind_proxies(inner, hops), Response)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"])
@pytest.mark.parametrize(
    ("host", "status"), [("evil.example", 421), ("192.0.2.1:5000", 421), ("[::1", 400), ("a b", 400), ("", 400)]
)
def test_a_request_to_another_host_is_refused_whatever_its_method(method, host, status):
    answer = client_of().open("/api/v1/tickers/AAPL", method=method, headers={"Host": host})
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert "Content-Security-Policy" in answer.headers
    if method != "HEAD":
        assert answer.json["code"] == "invalid_request"


def test_a_named_host_is_answered():
    answer = client_of("stockcast.example").get("/x", headers={"Host": "stockcast.example"})
    assert answer.json["host"] == "stockcast.example"


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_a_probe_of_a_pod_address_is_answered(path):
    assert client_of().get(path, headers={"Host": "10.1.2.3:5000"}).status_code == 200
    assert client_of().get(path, headers={"Host": "evil.example"}).status_code == 421


def test_a_client_of_http_1_0_needs_no_host():
    environ = EnvironBuilder("/x").get_environ()
    del environ["HTTP_HOST"]
    for protocol, status in (("HTTP/1.0", 200), ("HTTP/1.1", 400)):
        answer = Response.from_app(client_of().application, environ | {"SERVER_PROTOCOL": protocol})
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("hops", "headers", "seen"),
    [
        (0, {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}, ("127.0.0.1", "http")),
        (0, {"X-Forwarded-Host": "evil.example"}, ("127.0.0.1", "http")),
        (1, {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}, ("192.0.2.7", "https")),
        (1, {"X-Forwarded-For": "192.0.2.7:5678"}, ("192.0.2.7", "http")),
        (1, {"X-Forwarded-For": "[2001:db8::1]:5678"}, ("2001:db8::1", "http")),
        (1, {"X-Forwarded-For": "forged, 192.0.2.7"}, ("192.0.2.7", "http")),
        (1, {"X-Forwarded-For": "unknown"}, ("127.0.0.1", "http")),
        (1, {"X-Forwarded-For": "x" * 5000}, ("127.0.0.1", "http")),
        (1, {"X-Forwarded-Proto": "javascript"}, ("127.0.0.1", "http")),
        (1, {"X-Forwarded-Proto": "HTTPS"}, ("127.0.0.1", "https")),
        (1, {"X-Forwarded-For": "", "X-Forwarded-Proto": "", "X-Forwarded-Host": ""}, ("127.0.0.1", "http")),
    ],
)  # fmt: skip
def test_valid_headers_of_a_trusted_proxy_are_used(hops, headers, seen):
    answer = client_of(hops=hops).get("/x", headers=headers, environ_overrides={"REMOTE_ADDR": "127.0.0.1"})
    assert (answer.json["address"], answer.json["scheme"]) == seen


@pytest.mark.parametrize(
    ("host", "status"), [("stockcast.example", 200), ("evil.example", 421), ("[::1", 400), (":", 400), ("a:b", 400)]
)
def test_the_host_reported_by_a_trusted_proxy_is_checked(host, status):
    answer = client_of("stockcast.example", hops=1).get("/x", headers={"X-Forwarded-Host": host})
    assert answer.status_code == status
