"""A collector of traces, which takes OTLP over HTTP as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from test_support.network.http_server import serving


@dataclass(frozen=True)
class ReceivedSpan:
    """A span: its names, its ids in hexadecimal digits, its times in nanoseconds, and its attributes as text."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    began: int
    ended: int
    failed: bool
    attributes: dict[str, str]


@dataclass
class TraceCollector:
    """The spans that arrived, and the raw requests."""

    url: str
    spans: list[ReceivedSpan] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def of_trace(self, trace_id: str) -> list[ReceivedSpan]:
        """Return the spans of one trace."""
        return [span for span in self.spans if span.trace_id == trace_id]


@contextmanager
def collecting(port: int = 0) -> Iterator[TraceCollector]:
    """Run a collector on loopback until the block ends."""
    collector = TraceCollector("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.bodies.append(body)
            collector.spans += _spans_of(body)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args: object) -> None:
            """Log nothing."""

    with serving(ThreadingHTTPServer(("127.0.0.1", port), Handler)) as server:
        collector.url = f"http://127.0.0.1:{server.server_port}"
        yield collector


def _spans_of(body: bytes) -> Iterator[ReceivedSpan]:
    for resource in json.loads(body)["resourceSpans"]:
        names = _attributes(resource["resource"])
        for span in (span for scope in resource["scopeSpans"] for span in scope["spans"]):
            yield ReceivedSpan(
                names["service.name"],
                span["name"],
                span["traceId"],
                span["spanId"],
                span["parentSpanId"],
                int(span["startTimeUnixNano"]),
                int(span["endTimeUnixNano"]),
                span["status"].get("code") == 2,
                _attributes(span),
            )


def _attributes(holder: dict[str, Any]) -> dict[str, str]:
    return {one["key"]: str(next(iter(one["value"].values()))) for one in holder["attributes"]}
