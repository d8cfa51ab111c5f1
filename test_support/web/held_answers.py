"""An application whose answers come when they are let go: ``gunicorn test_support.web.held_answers:make()``."""

from __future__ import annotations

import os
import threading

from flask import Flask, Response, request
from prometheus_client import REGISTRY

from webserver.http.middleware.response_headers import ResponseHeaders
from webserver.http.request_parsing import MAX_BODY_BYTES
from webserver.server import gevent_worker as punctual_worker

SOON_S = 3.0
TAKEN_WITHIN_S = 1.0
RECEIVE_TIMEOUT_S = float(os.environ.get("RECEIVE_TIMEOUT_S", "1"))
LARGE = 50_000_000


class Crowd:
    """Who waits, and what they wait for."""

    def __init__(self):
        self.waiting = 0
        self._came = threading.Event()
        self._said = b""

    def said(self):
        self.waiting += 1
        came = self._came
        came.wait()
        return self._said

    def let_go(self, said):
        self._said, came = said, self._came
        self.waiting, self._came = 0, threading.Event()
        came.set()


def make() -> Flask:
    punctual_worker.SEND_TIMEOUT_S = TAKEN_WITHIN_S
    punctual_worker.RECEIVE_TIMEOUT_S = RECEIVE_TIMEOUT_S
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    crowd, soon = Crowd(), Crowd()

    @app.post("/wait")
    def wait():
        return Response(crowd.said())

    @app.post("/soon")
    def answer_soon():
        threading.Timer(SOON_S, soon.let_go, [b"soon"]).start()
        return Response(soon.said())

    @app.post("/now")
    def now():
        return Response(b"now")

    @app.post("/echo")
    def echo():
        return Response(request.get_data())

    @app.get("/waiting")
    def how_many():
        in_flight = REGISTRY.get_sample_value("stockcast_http_in_flight")
        return {"waiting": crowd.waiting, "soon": soon.waiting, "in_flight": in_flight}

    @app.post("/let-go")
    def let_go():
        crowd.let_go(request.get_data())
        return {}

    @app.get("/large")
    def large():
        return Response(b"x" * LARGE)

    @app.get("/cut-off")
    def cut_off():
        def begun():
            yield b"the beginning"
            raise RuntimeError

        return Response(begun())

    app.wsgi_app = ResponseHeaders(with_mistakes(app.wsgi_app))  # type: ignore[method-assign]
    return app


def with_mistakes(application):
    """What raises where Flask does not see it."""

    def answered(environ, start_response):
        if environ["PATH_INFO"] == "/broken":
            raise ZeroDivisionError
        return application(environ, start_response)

    return answered
