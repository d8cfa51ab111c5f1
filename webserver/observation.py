"""What the web server tells Prometheus of each request, and where Prometheus reads it."""

from __future__ import annotations

import time

from flask import Flask, Response, g, request

from common.metrics import CONTENT_TYPE, REQUEST_SECONDS, REQUESTS, REQUESTS_IN_FLIGHT, exposition
from webserver.operations import Answer, Operation, described


def observe(app: Flask) -> None:
    """Count and time every request by its route, never by its path, and answer ``/metrics``."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()
        REQUESTS_IN_FLIGHT.inc()

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        if "began" in g:
            REQUESTS_IN_FLIGHT.dec()

    @app.after_request
    def count(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        REQUESTS.labels(route, request.method if request.url_rule else "none", str(response.status_code)).inc()
        if "began" in g:
            REQUEST_SECONDS.labels(route).observe(time.perf_counter() - g.began)
        return response

    @app.get("/metrics")
    @described(Operation("probes", {200: Answer("The measures.", ("text/plain",))}))
    def metrics() -> Response:
        """The measures of all worker processes, for Prometheus."""
        return Response(exposition(), content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})
