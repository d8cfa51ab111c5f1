"""Where Prometheus reads what the web server measures."""

from __future__ import annotations

from flask import Flask, Response

from common.runtime.metrics import CONTENT_TYPE, exposition
from webserver.http.operations import Operation, OperationResponse, described


def show_measures(app: Flask) -> None:
    """Make the application answer ``/metrics``."""

    @app.get("/metrics")
    @described(Operation("probes", {200: OperationResponse("The measures.", ("text/plain",))}))
    def metrics() -> Response:
        """The measures of all worker processes, for Prometheus."""
        return Response(exposition(), content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})
