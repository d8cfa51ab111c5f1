"""One trace through the services of a real stack, at a collector on loopback that also goes away."""

from __future__ import annotations

import json
import secrets
from uuid import uuid4

import pytest

from test_support.network.ports import free_port
from test_support.network.trace_collector import collecting
from test_support.stacks.run_app import running_stack
from test_support.waiting import until

KEY = uuid4().hex
SENDER = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
TRACE_ID = SENDER.split("-")[1]


@pytest.fixture(scope="module")
def collector():
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="module")
def stack(collector):
    """A stack whose first source cannot be reached, and whose second one is the sample."""
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "PROVIDERS": "tiingo,sample",
        "TIINGO_API_KEY": KEY,
        "TIINGO_URL": f"http://127.0.0.1:{free_port()}",
        "REQUEST_DEADLINE_S": "150",
    }
    with running_stack(settings) as stack:
        yield stack


def ask(stack, days, **headers):
    request_id = str(uuid4())
    body = {"ticker": "AAPL", "days": days, "request_id": request_id}
    with stack.client() as client:
        response = client.post("/api/v1/forecasts", json=body, headers=headers, timeout=200)
    assert response.json()["status"] == "done"
    return request_id


@pytest.fixture(scope="module")
def spans(stack, collector):
    """The spans of one forecast by name, and its request id."""
    request_id = ask(stack, 30, traceparent=SENDER)
    until(lambda: {"store result", "POST /api/v1/forecasts"} <= {span.name for span in collector.of_trace(TRACE_ID)})
    until(lambda: {"ingest", "forecast"} <= {span.name for span in collector.of_trace(TRACE_ID)})
    return {span.name + " " + span.service: span for span in collector.of_trace(TRACE_ID)}, request_id


def test_a_forecast_is_one_trace_through_three_services_with_its_parents(spans):
    spans, _ = spans
    parents = {span.span_id: name for name, span in spans.items()} | {SENDER.split("-")[2]: "client"}
    links = {name: parents[span.parent_id] for name, span in spans.items()}
    expected = {
        "POST /api/v1/forecasts webserver": "client",
        "send order webserver": "POST /api/v1/forecasts webserver",
        "receive order ingestion_service": "send order webserver",
        "ingest ingestion_service": "receive order ingestion_service",
        "fetch from tiingo ingestion_service": "ingest ingestion_service",
        "S3 PutObject ingestion_service": "ingest ingestion_service",
        "send order ingestion_service": "ingest ingestion_service",
        "receive order forecast_service": "send order ingestion_service",
        "forecast forecast_service": "receive order forecast_service",
        "compute forecast_service": "forecast forecast_service",
        "wait for a worker forecast_service": "compute forecast_service",
        "read forecast_service": "compute forecast_service",
        "fit forecast_service": "compute forecast_service",
        "draw forecast_service": "compute forecast_service",
        "store result forecast_service": "forecast forecast_service",
    }
    assert expected.items() <= links.items()


def test_the_stages_of_a_worker_lie_within_its_computation(spans):
    spans, _ = spans
    compute = spans["compute forecast_service"]
    stages = [span for span in spans.values() if span.parent_id == compute.span_id]
    assert all(compute.began <= stage.began <= stage.ended <= compute.ended for stage in stages)


def test_the_request_id_is_on_the_spans_of_all_services_and_the_failed_source_is_marked(spans):
    spans, request_id = spans
    marked = {span.service for span in spans.values() if span.attributes.get("stockcast.request_id") == request_id}
    assert marked == {"webserver", "ingestion_service", "forecast_service"}
    assert {name for name, span in spans.items() if span.failed} == {"fetch from tiingo ingestion_service"}


def test_log_lines_of_all_services_have_the_trace_id(spans, stack):
    _, request_id = spans
    lines = [
        json.loads(line)
        for path in stack.logs.glob("*.log")
        for line in path.read_text(encoding="utf-8").splitlines()
        if request_id in line
    ]
    assert {line["service"] for line in lines} == {"webserver", "ingestion_service", "forecast_service"}
    assert {line.get("trace_id") for line in lines} == {TRACE_ID}


def test_neither_keys_nor_probes_are_in_the_spans(spans, stack, collector):
    with stack.client() as client:
        for path in ("/livez", "/readyz", "/metrics"):
            client.get(path)
        client.get("/api/v1/tickers", params={"q": "secret-word"})
    until(lambda: any(span.name == "GET /api/v1/tickers" for span in collector.spans))
    assert not {name for span in collector.spans for name in (span.name,) if "livez" in name or "S3 HeadBucket" in name}
    sent = b"".join(collector.bodies)
    assert KEY.encode() not in sent
    assert b"secret-word" not in sent


def test_requests_are_answered_while_the_collector_is_away_and_the_stack_stops_at_once(spans):
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port()}", "PROVIDERS": "sample"}
    with running_stack(settings | {"REQUEST_DEADLINE_S": "150"}) as stack:
        for days in (10, 20):
            ask(stack, days)
