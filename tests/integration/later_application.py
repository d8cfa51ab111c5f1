"""An application whose answers come when they are let go: ``gunicorn tests.integration.later_application:make()``."""

from __future__ import annotations

import threading
from collections.abc import Callable

from flask import Flask, Response, request

from webserver.edge import Edge
from webserver.later import LaterResponse

SOON_S = 3.0


def make() -> Flask:
    app = Flask(__name__)
    waiting: list[Callable[[bytes], None]] = []

    @app.post("/later")
    def later():
        return LaterResponse(waiting.append, Response)

    @app.post("/now")
    def now():
        return LaterResponse(lambda tell: tell("now"), Response)

    @app.post("/echo")
    def echo():
        said = request.get_data()
        return LaterResponse(lambda tell: tell(said), Response)

    @app.get("/waiting")
    def how_many():
        return {"waiting": len(waiting)}

    @app.post("/let-go")
    def let_go():
        while waiting:
            waiting.pop()(request.get_data())
        return {}

    @app.after_request
    def hooked(response):
        response.headers["X-Hooked"] = request.path
        return response

    _add_what_comes_soon(app)
    _add_mistakes(app)
    app.wsgi_app = Edge(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _add_mistakes(app: Flask) -> None:
    @app.get("/cut-off")
    def cut_off():
        def begun():
            yield b"the beginning"
            raise RuntimeError

        return Response(begun())

    @app.post("/broken")
    def broken():
        return LaterResponse(lambda tell: tell("now"), lambda said: 1 / 0)


def _add_what_comes_soon(app: Flask) -> None:
    expecting: list[Callable[[bytes], None]] = []

    @app.post("/soon")
    def soon():
        def wait(tell):
            threading.Timer(SOON_S, tell, [b"soon"]).start()
            expecting.append(tell)

        return LaterResponse(wait, Response)

    @app.get("/expecting")
    def how_many_soon():
        return {"waiting": len(expecting)}
