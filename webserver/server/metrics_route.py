"""The metrics of the web server for Prometheus."""

from __future__ import annotations

from flask import Flask, Response
from prometheus_client.registry import Collector

from common.domain.access import Scope
from common.runtime.metrics import CONTENT_TYPE, render_metrics
from webserver.http.operations import Operation, OperationResponse, described


def add_metrics(app: Flask, shared: Collector) -> None:
    """Add ``/metrics`` to the application, with the metrics that all servers share."""

    @app.get("/metrics")
    @described(Operation("probes", Scope.PUBLIC, {200: OperationResponse("The metrics.", ("text/plain",))}))
    def metrics() -> Response:
        """Return the metrics of all worker processes."""
        return Response(render_metrics(shared), content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})
