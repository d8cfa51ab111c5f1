"""Tracing is off without a collector. Then no module of it is imported but the interface, and a span is no object."""

from __future__ import annotations

import subprocess
import sys

import pytest

from common.domain.questions import ForecastQuestion
from common.rpc.messages import Order, decode_order, encode
from common.runtime.tracing import spans
from common.runtime.tracing.otlp import MOST_WAITING, OtlpTracer
from test_support.paths import ROOT

REQUEST = "5a7951f2-4a9d-44a5-ac03-11b57dc3bfe4"
ENTRIES = ("webserver.app", "ingestion_service.serving", "forecast_service.composition")
CHECK = """
import sys, importlib
from common.runtime.tracing.spans import start_tracing
for name in {entries}:
    importlib.import_module(name)
start_tracing("service")
print([name for name in sys.modules if name == "common.runtime.tracing.otlp"])
"""


def test_no_service_imports_an_exporter_without_a_collector():
    command = [sys.executable, "-c", CHECK.format(entries=ENTRIES)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=200)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_the_customary_variables_turn_tracing_on_and_off(monkeypatch, environment, wanted):
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_SDK_DISABLED"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert spans.is_wanted() is wanted


def test_a_span_without_a_collector_is_one_shared_block_that_does_nothing():
    assert spans.span("one") is spans.span("two", "client", None, key="value")
    assert spans.traceparent() is None
    assert spans.trace_id() is None


def test_a_message_without_a_trace_is_that_of_versions_without_traces():
    order = Order(question=ForecastQuestion(ticker="AAPL", days=30), request_id=REQUEST, attempt=1, budget_ms=1)
    assert b"traceparent" not in encode(order)
    traced = order.model_copy(update={"traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01"})
    assert decode_order(encode(traced).strip()) == traced


@pytest.fixture
def tracer(monkeypatch):
    """A tracer that keeps no trace of its own, and that does not send."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0")
    return OtlpTracer("service")


def test_a_trace_that_is_not_kept_is_passed_on_as_that_and_sends_nothing(tracer):
    with tracer.span("one", "server", None, {}):
        first = tracer.traceparent()
        with tracer.span("two", "client", None, {}):
            second = tracer.traceparent()
    assert first.endswith("-00")
    assert second.split("-")[1] == first.split("-")[1] != second.split("-")[2]
    assert tracer.traceparent() is None
    assert not tracer._sender._waiting


@pytest.mark.parametrize("broken", ["", "00-" + "0" * 32 + "-" + "b" * 16 + "-01", "x" * 5000, "00-" + "A" * 32 + "-1"])
def test_a_broken_traceparent_of_a_client_begins_a_new_trace(tracer, broken):
    with tracer.span("one", "server", broken, {}):
        assert len(tracer.traceparent()) == 55


def test_spans_that_the_collector_does_not_take_replace_the_oldest(tracer):
    kept = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    for number in range(MOST_WAITING + 10):
        with tracer.span(str(number), "internal", kept, {}):
            pass
    assert [span.name for span in list(tracer._sender._waiting)[:1]] == ["10"]
    assert len(tracer._sender._waiting) == MOST_WAITING
