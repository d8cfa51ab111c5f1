"""An application that holds its answers until a test releases them.

Run it by ``gunicorn test_support.web.held_answers:create_app()``.
"""

from __future__ import annotations

import gc
import os
import threading

from flask import Flask, Response, request
from prometheus_client import REGISTRY

from webserver.http.middleware.response_headers import ResponseHeaders
from webserver.http.problems import register_error_handlers
from webserver.http.request_parsing import MAX_BODY_BYTES, accept_file
from webserver.server import gevent_worker

SOON_S = 3.0
SEND_TIMEOUT_S = 1.0
RECEIVE_TIMEOUT_S = float(os.environ.get("RECEIVE_TIMEOUT_S", "1"))
LARGE = 50_000_000


class HeldAnswers:
    """Answers that wait until one body is released for all of them."""

    def __init__(self):
        self.waiting = 0
        self._released = threading.Event()
        self._body = b""

    def wait_for_body(self):
        self.waiting += 1
        released = self._released
        released.wait()
        return self._body

    def release(self, body):
        self._body, released = body, self._released
        self.waiting, self._released = 0, threading.Event()
        released.set()


def create_app() -> Flask:
    gevent_worker.SEND_TIMEOUT_S = SEND_TIMEOUT_S
    gevent_worker.RECEIVE_TIMEOUT_S = RECEIVE_TIMEOUT_S
    gevent_worker.RECEIVE_FILE_TIMEOUT_S = RECEIVE_TIMEOUT_S
    app = Flask(__name__)
    register_error_handlers(app)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    held, released_soon = HeldAnswers(), HeldAnswers()

    @app.post("/wait")
    def wait():
        return Response(held.wait_for_body())

    @app.post("/soon")
    def answer_soon():
        threading.Timer(SOON_S, released_soon.release, [b"soon"]).start()
        return Response(released_soon.wait_for_body())

    @app.post("/now")
    def answer_now():
        return Response(b"now")

    @app.post("/echo")
    def echo():
        return Response(request.get_data())

    _take_files(app)

    @app.get("/waiting")
    def count_waiting():
        in_flight = REGISTRY.get_sample_value("stockcast_http_in_flight")
        counts = {"waiting": held.waiting, "soon": released_soon.waiting, "in_flight": in_flight}
        return counts | {"pid": os.getpid(), "collects_garbage": gc.isenabled()}

    @app.post("/release")
    def release():
        held.release(request.get_data())
        return {}

    @app.get("/large")
    def send_large_body():
        return Response(b"x" * LARGE)

    @app.get("/cut-off")
    def fail_amid_body():
        def chunks():
            yield b"the beginning"
            raise RuntimeError

        return Response(chunks())

    app.wsgi_app = ResponseHeaders(with_broken_path(app.wsgi_app))  # type: ignore[method-assign]
    return app


def _take_files(app):
    @app.put("/api/v1/prices/<name>")
    def take_file(name):
        if name == "REFUSED":
            return Response(b"refused", status=403)
        accept_file()
        pieces = [len(piece) for piece in iter(lambda: request.stream.read(65_536), b"")]
        return {"bytes": sum(pieces), "longest": max(pieces, default=0)}


def with_broken_path(application):
    """Add a path that raises outside Flask."""

    def answer(environ, start_response):
        if environ["PATH_INFO"] == "/broken":
            raise ZeroDivisionError
        return application(environ, start_response)

    return answer
