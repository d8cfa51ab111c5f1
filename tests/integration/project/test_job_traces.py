"""The traces of jobs: real processes that send their spans to a collector on loopback before they end."""

from __future__ import annotations

import os
import subprocess
import sys
from uuid import uuid4

import pytest

from test_support.network.ports import free_port
from test_support.network.trace_collector import collecting
from test_support.paths import ROOT

KEY = uuid4().hex
REFRESH = ("ingestion_service.refresh", "AAPL", "MSFT")


@pytest.fixture
def collector():
    with collecting() as running:
        yield running


def run(module, *arguments, **settings):
    """Run a job to its end."""
    command = [sys.executable, "-m", module, *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")} | settings
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300)


def only_trace(collector):
    """Return the root and the other spans of the one trace that arrived."""
    (root,) = [span for span in collector.spans if not span.parent_id]
    assert {span.trace_id for span in collector.spans} == {root.trace_id}
    return root, [span for span in collector.spans if span is not root]


@pytest.fixture
def stores(s3_bucket, redis_url):
    """The settings of a job with real stores, of which S3's are in the environment."""
    return {"S3_BUCKET": s3_bucket, "REDIS_URL": redis_url, "PROVIDERS": "sample", "NO_PROXY": "127.0.0.1"}


def test_a_job_sends_its_root_span_with_the_calls_of_its_threads_before_it_ends(collector, stores):
    source = {"PROVIDERS": "tiingo,sample", "TIINGO_API_KEY": KEY, "TIINGO_URL": f"http://127.0.0.1:{free_port()}"}
    done = run(*REFRESH, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, **stores | source)
    root, others = only_trace(collector)
    assert (root.service, root.name, root.failed) == ("refresh", "job refresh", bool(done.returncode))
    assert {"S3 PutObject", "fetch from tiingo"} <= {span.name for span in others}
    assert {span.parent_id for span in others} <= {root.span_id, *(span.span_id for span in others)}
    assert all(root.began <= span.began <= span.ended <= root.ended for span in others)
    assert KEY.encode() not in b"".join(collector.bodies)


def test_a_job_that_fails_is_marked_and_sent_too(collector, stores):
    away = stores | {"REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
    done = run(*REFRESH, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, **away)
    assert done.returncode == 1
    root, _ = only_trace(collector)
    assert root.failed
    assert root.attributes["error.type"] == "exit status 1"


def test_a_job_that_breaks_is_marked_with_the_exception_and_not_its_text(collector, tmp_path):
    """A folder is no SQLite file, and secrets are never in spans."""
    done = run("common.sql", "clean", OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, DATABASE_URL=f"sqlite:///{tmp_path}")
    assert done.returncode != 0
    root, _ = only_trace(collector)
    assert (root.service, root.name, root.failed) == ("sql", "job sql clean", True)
    assert str(tmp_path).encode() not in b"".join(collector.bodies)


def test_a_collector_that_is_away_changes_neither_status_nor_output(stores):
    without = run(*REFRESH, **stores)
    again = run(*REFRESH, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{free_port()}", **stores)
    assert (without.returncode, again.returncode) == (0, 0)
    assert [line.split()[0] for line in again.stdout.splitlines()] == [
        line.split()[0] for line in without.stdout.splitlines()
    ]


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (("webserver.alerts",), "job alerts"),
        (("webserver.track_record", "score"), "job track_record score"),
        (("forecast_service.market", "--few", "100"), "job market"),
        (("common.sql", "clean"), "job sql clean"),
        (("local_stack.backups.cluster", "save", "--bucket", "stockcast-test"), "job backup"),
    ],
)
def test_every_scheduled_job_has_a_root_span(collector, stores, sqlite_address, command, name):
    database = {"DATABASE_URL": f"sqlite:///{sqlite_address.path}"}
    done = run(*command, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, **stores | database)
    assert done.returncode == 0, done.stderr
    root, others = only_trace(collector)
    assert (root.name, root.failed) == (name, False)
    if name == "job backup":
        assert "S3 GetObject" in {span.name for span in others}
