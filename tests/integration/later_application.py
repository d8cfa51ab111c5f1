"""An application whose answers come when they are let go: ``gunicorn tests.integration.later_application:make()``."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, request

from webserver.edge import Edge
from webserver.later import LaterResponse


def make() -> Flask:
    app = Flask(__name__)
    waiting: list[Callable[[bytes], None]] = []

    @app.post("/later")
    def later():
        return LaterResponse(waiting.append, Response)

    @app.post("/now")
    def now():
        return LaterResponse(lambda tell: tell("now"), Response)

    @app.post("/broken")
    def broken():
        return LaterResponse(lambda tell: tell("now"), lambda said: 1 / 0)

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

    app.wsgi_app = Edge(app.wsgi_app)  # type: ignore[method-assign]
    return app
