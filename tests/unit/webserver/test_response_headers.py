"""The headers of every answer, and the metrics of every request."""

import pytest
from flask import Flask, Response, abort
from prometheus_client import REGISTRY
from werkzeug.test import Client

from webserver.http.middleware.response_headers import CONTENT_SECURITY_POLICY, ResponseHeaders

NAMES = {
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Referrer-Policy",
    "Permissions-Policy",
    "Cross-Origin-Resource-Policy",
}


@pytest.fixture
def application():
    application = Flask("edge")

    @application.get("/things/<int:number>")
    def thing(number):
        return Response(status=number)

    @application.get("/own")
    def own():
        return Response(headers={"Content-Security-Policy": "sandbox"})

    @application.get("/parts")
    def parts():
        return Response(iter([b"a", b"b"]))

    @application.get("/aborted")
    def aborted():
        abort(418)

    return application


@pytest.fixture
def client(application):
    return Client(ResponseHeaders(application.wsgi_app), Response)


def counted(route, method, status):
    labels = {"route": route, "method": method, "status": status}
    return REGISTRY.get_sample_value("stockcast_http_requests_total", labels) or 0


def timed(route):
    return REGISTRY.get_sample_value("stockcast_http_request_seconds_count", {"route": route}) or 0


@pytest.mark.parametrize(
    ("path", "method", "route", "status"),
    [
        ("/things/200", "GET", "/things/<int:number>", 200),
        ("/things/304", "GET", "/things/<int:number>", 304),
        ("/things/503", "HEAD", "/things/<int:number>", 503),
        ("/things/200", "OPTIONS", "/things/<int:number>", 200),
        ("/parts", "GET", "/parts", 200),
        ("/aborted", "GET", "/aborted", 418),
        ("/things/200", "POST", "none", 405),
        ("/nowhere", "MADE-UP", "none", 404),
    ],
)
def test_every_answer_has_the_headers_and_is_counted_by_its_route(client, path, method, route, status):
    label = method if route != "none" else "none"
    before = counted(route, label, str(status)), timed(route)
    answer = client.open(path, method=method)
    assert answer.status_code == status
    assert set(answer.headers.keys()) >= NAMES
    assert len(answer.headers) == len(set(answer.headers.keys()))
    assert (counted(route, label, str(status)), timed(route)) == (before[0] + 1, before[1] + 1)


def test_a_document_may_have_a_policy_of_its_own(client):
    assert client.get("/own").headers.getlist("Content-Security-Policy") == ["sandbox"]
    assert client.get("/parts").headers.getlist("Content-Security-Policy") == [CONTENT_SECURITY_POLICY]
