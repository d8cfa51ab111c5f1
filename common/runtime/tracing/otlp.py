"""Spans in the form of OpenTelemetry, sent to a collector by OTLP over HTTP as JSON.

The SDK of OpenTelemetry is not used: where it is installed, the client of Redis imports it in every process, whether or
not there is a collector. The thread of the sender takes the spans from a bounded queue, so that a collector that is
slow or away costs spans and no request.

Source: https://opentelemetry.io/docs/specs/otlp and https://www.w3.org/TR/trace-context
"""

from __future__ import annotations

import json
import logging
import os
import re
import secrets
import threading
import time
import urllib.request
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from common.runtime.log_limits import LogLimit
from common.runtime.tracing.spans import Attribute, Role
from common.runtime.version import VERSION

MOST_WAITING = 4096
"""The most spans that wait for the collector. Further ones replace the oldest."""
_MOST_AT_ONCE = 512
SEND_EVERY_S, TIMEOUT_S = 1.0, 5.0
_KINDS: Mapping[Role, int] = {"internal": 1, "server": 2, "client": 3}
_FAILED = 2
_SAMPLED = 1
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")
_log = logging.getLogger(__name__)
_log_limit = LogLimit(_log)


@dataclass(slots=True)
class _Span:
    name: str
    role: Role
    trace_id: str
    parent_id: str
    is_sampled: bool
    attributes: dict[str, Attribute]
    began_ns: int = field(default_factory=time.time_ns)
    ended_ns: int = 0
    has_failed: bool = False
    span_id: str = field(default_factory=lambda: secrets.token_hex(8))


_current: ContextVar[_Span | None] = ContextVar("span", default=None)


class OtlpTracer:
    """Makes the spans of one process, and sends them in a thread of its own."""

    def __init__(self, service: str) -> None:
        self._ratio = _ratio()
        self._sender = _Sender(service)

    def start(self) -> None:
        """Start to send spans. A process that is forked later needs a tracer of its own."""
        self._sender.start()

    @contextmanager
    def span(self, name: str, role: Role, parent: str | None, attributes: Mapping[str, Attribute]) -> Iterator[None]:
        """Return a block of a span; see :meth:`Tracer.span`."""
        made = self._begin(name, role, parent, attributes)
        token = _current.set(made)
        try:
            yield
        finally:
            _current.reset(token)
            self._end(made, time.time_ns())

    def add_past(self, name: str, began: float, ended: float) -> None:
        """Add a span that has ended; see :meth:`Tracer.add_past`."""
        made = self._begin(name, "internal", None, {})
        made.began_ns = int(began * 1e9)
        self._end(made, int(ended * 1e9))

    def rename(self, name: str) -> None:
        """Rename the current span."""
        if (current := _current.get()) is not None:
            current.name = name

    def annotate(self, attributes: Mapping[str, Attribute]) -> None:
        """Add attributes to the current span."""
        if (current := _current.get()) is not None:
            current.attributes.update(attributes)

    def mark_failed(self, reason: str) -> None:
        """Mark the current span as failed."""
        if (current := _current.get()) is not None:
            current.has_failed = True
            current.attributes["error.type"] = reason

    def traceparent(self) -> str | None:
        """Return the current span in the form of W3C Trace Context."""
        current = _current.get()
        return None if current is None else f"00-{current.trace_id}-{current.span_id}-0{current.is_sampled:d}"

    def send(self) -> None:
        """Send all spans that have ended; see :meth:`Tracer.send`."""
        self._sender.send_now()

    def _begin(self, name: str, role: Role, parent: str | None, attributes: Mapping[str, Attribute]) -> _Span:
        sent = _TRACEPARENT.fullmatch(parent or "")
        current = _current.get()
        if sent is not None:
            trace_id, parent_id, is_sampled = sent[1], sent[2], bool(int(sent[3], 16) & _SAMPLED)
        elif current is not None:
            trace_id, parent_id, is_sampled = current.trace_id, current.span_id, current.is_sampled
        else:
            trace_id, parent_id = secrets.token_hex(16), ""
            is_sampled = int(trace_id[16:], 16) < self._ratio * 2**64
        return _Span(name, role, trace_id, parent_id, is_sampled, dict(attributes))

    def _end(self, span: _Span, ended_ns: int) -> None:
        span.ended_ns = ended_ns
        if span.is_sampled:
            self._sender.add(span)


class _Sender:
    """Sends spans. A failure costs the oldest ones once the queue is full."""

    def __init__(self, service: str) -> None:
        self._resource = _resource(service)
        self._url = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or (
            os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"].rstrip("/") + "/v1/traces"
        )
        self._headers = _pairs("OTEL_EXPORTER_OTLP_HEADERS") | {"Content-Type": "application/json"}
        self._waiting: deque[_Span] = deque(maxlen=MOST_WAITING)
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the thread that sends."""
        threading.Thread(target=self._send_all, name="traces", daemon=True).start()

    def add(self, span: _Span) -> None:
        """Add a span to the queue."""
        self._waiting.append(span)

    def _send_all(self) -> None:
        while True:
            time.sleep(SEND_EVERY_S)
            with self._lock:
                was_sent = self._try_to_send()
            if not was_sent:
                time.sleep(TIMEOUT_S)

    def send_now(self) -> None:
        """Send what waits, after a transfer that is under way. A failure ends it."""
        if self._lock.acquire(timeout=TIMEOUT_S):
            try:
                self._try_to_send()
            finally:
                self._lock.release()

    def _try_to_send(self) -> bool:
        try:
            self._send_waiting()
        except Exception as exc:  # noqa: BLE001 - nothing that the collector does may end the thread or the job
            # Neither the address nor the exception's text: they may contain a password.
            name = type(exc).__name__
            _log_limit.log(logging.WARNING, name, "spans could not be sent to the collector: %s", name)
            return False
        return True

    def _send_waiting(self) -> None:
        while self._waiting:
            spans = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MOST_AT_ONCE))]
            body = {
                "resourceSpans": [
                    {
                        "resource": {"attributes": self._resource},
                        "scopeSpans": [{"scope": {"name": "stockcast"}, "spans": [_encoded(span) for span in spans]}],
                    }
                ]
            }
            request = urllib.request.Request(self._url, json.dumps(body).encode(), self._headers)  # noqa: S310
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310 - the operator's address
                response.read(1)


def _encoded(span: _Span) -> dict[str, Any]:
    return {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "parentSpanId": span.parent_id,
        "name": span.name,
        "kind": _KINDS[span.role],
        "startTimeUnixNano": str(span.began_ns),
        "endTimeUnixNano": str(span.ended_ns),
        "attributes": _encoded_attributes(span.attributes),
        "status": {"code": _FAILED} if span.has_failed else {},
    }


def _encoded_attributes(attributes: Mapping[str, Attribute]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _encoded_value(value)} for name, value in attributes.items()]


def _encoded_value(value: Attribute) -> dict[str, Any]:
    return {"stringValue": value} if isinstance(value, str) else {"intValue": str(value)}


def _resource(service: str) -> list[dict[str, Any]]:
    own = {"service.namespace": "stockcast", "service.version": VERSION, "service.instance.id": secrets.token_hex(8)}
    return _encoded_attributes(own | _pairs("OTEL_RESOURCE_ATTRIBUTES") | {"service.name": service})


def _pairs(variable: str) -> dict[str, str]:
    """Return the entries of a variable such as ``name=value,other=value``."""
    entries = [entry.partition("=") for entry in os.environ.get(variable, "").split(",") if "=" in entry]
    return {name.strip(): unquote(value.strip()) for name, _, value in entries}


def _ratio() -> float:
    """Return the part of the traces that begin here and are kept."""
    if "traceidratio" not in os.environ.get("OTEL_TRACES_SAMPLER", ""):
        return 1.0
    try:
        return float(os.environ.get("OTEL_TRACES_SAMPLER_ARG", "1"))
    except ValueError:
        _log.warning("OTEL_TRACES_SAMPLER_ARG is no number; all traces are kept")
        return 1.0
