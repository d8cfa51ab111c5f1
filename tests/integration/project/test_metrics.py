"""The metrics of running services, and Prometheus's queries of them if Prometheus is installed."""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen
from uuid import uuid4

import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from common.redis.provider_limits import ProviderLimits
from common.redis.rate_windows import Window
from common.rpc.addresses import Address
from common.service.health import HealthServer
from ingestion_service.providers.access.budget_metrics import BudgetMetrics
from ingestion_service.providers.access.guard import DAY, HOUR
from local_stack.credentials import load_or_create_credentials
from local_stack.ports import ports_of
from local_stack.service_environment import service_environment
from test_support.network.ports import free_port, free_stack_port
from test_support.paths import ROOT
from test_support.stores.boards import put_board, row_of
from test_support.stores.stack_prices import bars_of_day, price_objects_of, s3_client_of, store_bars
from tests.conftest import skip_or_fail
from webserver.requests.outcome_metrics import families_of

RULES = ROOT / "k8s/components/monitoring/prometheus"
DASHBOARDS = RULES.parent / "grafana/dashboards"
PATIENCE_S = 250.0
"""Only what hangs takes longer, however busy the machine is."""


def read(url: str) -> dict[str, float]:
    """The samples by name and labels."""
    text = urlopen(url, timeout=PATIENCE_S).read().decode()
    return {
        sample.name + labels_text(sample.labels): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def labels_text(labels: dict[str, str]) -> str:
    return "{" + ",".join(f'{name}="{labels[name]}"' for name in sorted(labels)) + "}" if labels else ""


@pytest.fixture
def health_url():
    server = HealthServer("service", alive={}, ready={})
    yield f"http://{server.start(Address('127.0.0.1', 0))}"
    server.stop()


def test_a_tcp_service_serves_metrics_and_probes(health_url):
    metrics = read(f"{health_url}/metrics")
    assert any(name.startswith("stockcast_orders_in_flight") for name in metrics)
    assert any(name.startswith("process_resident_memory_bytes") for name in metrics)


def needed(program: str) -> None:
    if shutil.which(program) is None:
        skip_or_fail(f"{program} is not there (Debian: apt-get install prometheus)")


def test_the_alert_rules_pass_their_tests():
    needed("promtool")
    tests = sorted(path.name for path in RULES.glob("*_test.yaml"))
    for command in (["check", "rules", "rules.yaml", "slo.yaml"], ["test", "rules", *tests]):
        subprocess.run(["promtool", *command], cwd=RULES, check=True, timeout=PATIENCE_S)
    subprocess.run(
        ["promtool", "check", "config", "--syntax-only", "prometheus.yaml"], cwd=RULES, check=True, timeout=PATIENCE_S
    )


def test_rules_and_dashboards_use_existing_metrics_only(health_url):
    text = urlopen(f"{health_url}/metrics", timeout=PATIENCE_S).read().decode()
    known = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE stockcast_")}
    known |= {f"{family.name}_total" if family.type == "counter" else family.name for family in families_of(None)}
    used = set()
    for path in (
        *RULES.glob("*.yaml"),
        *DASHBOARDS.glob("*.json"),
        *RULES.parent.parent.glob("keda/*.yaml"),
    ):
        used |= metrics_in(path.read_text(encoding="utf-8"))
    assert used
    assert {name for name in used if not any(name == one or base(name) == one for one in known)} == set()


def metrics_in(text: str) -> set[str]:
    return {
        word
        for word in "".join(c if c.isalnum() or c == "_" else " " for c in text).split()
        if word.startswith("stockcast_")
    }


def base(name: str) -> str:
    for ending in ("_bucket", "_count", "_sum"):
        name = name.removesuffix(ending)
    return name


@dataclass(frozen=True)
class Stack:
    """A local stack that runs, with Prometheus where there is one."""

    port: int
    prometheus: str

    def metrics(self, service: str) -> dict[str, float]:
        ports = ports_of(self.port)
        of_service = {"webserver": self.port, "ingestion": ports.ingestion_health, "forecast": ports.forecast_health}
        return read(f"http://127.0.0.1:{of_service[service]}/metrics")

    def ask(self, **body: object) -> dict[str, object]:
        """Ask for a forecast and return the JSON of its answer or failure."""
        try:
            answer = urlopen(
                f"http://127.0.0.1:{self.port}/api/v1/forecasts", json.dumps(body).encode(), timeout=PATIENCE_S
            )
        except HTTPError as error:
            answer = error
        with answer:
            return cast(dict[str, object], json.load(answer))


@pytest.fixture(scope="module")
def stack():
    """A stack whose first source does not answer, and whose second source is the sample."""
    port, options = free_stack_port(), ["--with-prometheus"] if shutil.which("prometheus") else []
    environment = os.environ | {
        "PORT": str(port),
        "PROVIDERS": "tiingo,sample",
        "TIINGO_API_KEY": uuid4().hex,  # a new account: no earlier run has spent any of its budget
        "TIINGO_URL": f"http://127.0.0.1:{free_port()}",
        "REQUEST_DEADLINE_S": "200",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-P", "-m", "cli", *options]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            assert running.stdout.readline() == f"ready http://127.0.0.1:{port}\n"
            prometheus = running.stdout.readline().removeprefix("prometheus ").strip() if options else ""
            yield Stack(port, prometheus)
        finally:
            running.terminate()
            assert running.wait(PATIENCE_S) == 0


@pytest.fixture(scope="module")
def windows_before(stack):
    """Which hour and day it was, as budgets count them, before anything was asked."""
    return current_windows()


def current_windows() -> dict[str, int]:
    return {"hour": int(time.time() // HOUR), "day": int(time.time() // DAY)}


@pytest.fixture(scope="module")
def request_id(stack, windows_before):
    """A request that all three services had a part in, after two that failed and before one that was known."""
    # A question of its own: what an earlier run on this port has answered would be known.
    question = {"ticker": "AAPL", "days": random.randint(1, 9_000)}
    request_id = str(uuid4())
    assert stack.ask(ticker="NOBODY", days=30)["code"] == "provider_unavailable"
    assert stack.ask(ticker="AAPL", days=0)["code"] == "invalid_days"
    assert stack.ask(**question, request_id=request_id)["status"] == "done"
    assert stack.ask(**question)["status"] == "done"
    return request_id


def test_prometheus_reads_all_three_services_of_a_local_stack(stack, request_id):
    needed("prometheus")
    wanted = {
        "webserver": "stockcast_http_requests_total",
        "ingestion": "stockcast_orders_total",
        "forecast": "stockcast_prices_age_days_count",
    }
    for job, measure in wanted.items():
        assert has_result(stack.prometheus, f'{measure}{{job="{job}"}} > 0'), f"{measure} of {job}"
    assert has_result(stack.prometheus, 'slo:bad_events:ratio_rate5m{slo="requests"}'), (
        "the objectives are not recorded"
    )


def test_prometheus_understands_every_query_of_the_dashboards(stack):
    needed("prometheus")
    dashboards = [json.loads(path.read_text(encoding="utf-8")) for path in DASHBOARDS.glob("*.json")]
    queries = [target["expr"] for board in dashboards for panel in board["panels"] for target in queries_in(panel)]
    assert len(queries) > 10
    for query in queries:
        asked = urlencode({"query": query.replace("$__rate_interval", "1m")})
        with urlopen(f"{stack.prometheus}/api/v1/query?{asked}", timeout=PATIENCE_S) as answer:
            assert json.load(answer)["status"] == "success", query


def test_every_field_of_the_stocks_dashboard_exists_in_the_api(stack, request_id):
    board = json.loads((DASHBOARDS / "stocks.json").read_text(encoding="utf-8"))
    targets = [target for panel in board["panels"] for target in panel["targets"]]
    assert targets
    environment = service_environment(
        ports_of(stack.port), "stockcast", os.environ, load_or_create_credentials(ROOT / ".data")
    )
    moved = [row_of("AAPL", day_range_broken="above"), row_of("CVX", change_pct=-1.0)]
    put_board(s3_client_of(environment), "stockcast", moved)
    store_bars(price_objects_of(environment), "AAPL", "1h", bars_of_day(date(2013, 3, 1), timedelta(hours=1)))
    for target in targets:
        url = target["url"].replace("http://webserver:5000", f"http://127.0.0.1:{stack.port}")
        url = url.replace("${ticker}", "AAPL")
        body = target["url_options"]["data"].replace("${ticker}", "AAPL").replace("${days}", "30").encode()
        with urlopen(url, body or None, timeout=PATIENCE_S) as answer:
            found = json.load(answer)
        found = found[target["root_selector"]] if target["root_selector"] else found
        row = found[0] if isinstance(found, list) else found
        assert {column["selector"] for column in target["columns"]} <= set(row), target["root_selector"]


def queries_in(panel: dict[str, Any]) -> list[dict[str, Any]]:
    return [target for target in panel["targets"] if "expr" in target]


COUNTED = {
    "webserver": (
        'stockcast_requests_ended_total{kind="forecast",outcome="done"}',
        'stockcast_requests_ended_total{kind="forecast",outcome="no_source"}',
        "stockcast_cold_forecast_seconds_count",
        'stockcast_repeated_forecast_seconds_bucket{le="0.1"}',
        'stockcast_http_requests_total{method="POST",route="/api/v1/forecasts",status="200"}',
        'stockcast_http_request_seconds_count{route="/api/v1/forecasts"}',
        'stockcast_failures_total{code="invalid_days"}',
        'stockcast_known_results_total{outcome="new"}',
        'stockcast_known_results_total{outcome="known"}',
    ),
    "ingestion": (
        "stockcast_orders_total",
        'stockcast_stage_seconds_count{stage="ingest"}',
        'stockcast_failures_total{code="provider_unavailable"}',
        'stockcast_source_calls_total{outcome="failed",source="tiingo"}',
        'stockcast_source_budget_left{source="tiingo",window="hour"}',
        'stockcast_source_budget_left{source="tiingo",window="day"}',
        "stockcast_orders_bound",
    ),
    "forecast": (
        "stockcast_orders_total",
        'stockcast_stage_seconds_count{stage="fit"}',
        'stockcast_stage_seconds_count{stage="total"}',
        "stockcast_prices_age_days_count",
        "stockcast_orders_bound",
    ),
}
"""The metrics that are above 0 after a request."""
SHOWN = {
    "webserver": ("stockcast_untrusted_peers_total", "stockcast_http_in_flight"),
    "ingestion": ("stockcast_orders_in_flight", "stockcast_orders_waiting", "stockcast_leases_taken_over_total"),
    "forecast": ("stockcast_orders_in_flight", "stockcast_orders_waiting"),
}
"""The metrics that exist and may be 0."""


@pytest.mark.parametrize("service", COUNTED)
def test_each_service_reports_metrics_of_its_work(service, stack, request_id):
    metrics = stack.metrics(service)
    assert [name for name in COUNTED[service] if not most(metrics, name) > 0] == []
    assert [name for name in SHOWN[service] if name not in metrics] == []


def most(metrics: dict[str, float], name: str) -> float:
    """Return the largest sample of a name, with any labels if the name has none."""
    return max((value for found, value in metrics.items() if name in (found, found.partition("{")[0])), default=0)


@pytest.mark.parametrize(("window", "calls"), [("hour", 50), ("day", 1000)])
def test_calls_of_a_source_reduce_its_budget_metric(stack, request_id, windows_before, window, calls):
    metrics = stack.metrics("ingestion")
    made = metrics['stockcast_source_calls_total{outcome="failed",source="tiingo"}']
    left = metrics[f'stockcast_source_budget_left{{source="tiingo",window="{window}"}}']
    # If a new hour or day has begun meanwhile, the whole budget is left again.
    assert left == (calls - made if current_windows()[window] == windows_before[window] else calls)


def test_a_request_id_is_in_the_logs_of_all_three_services(stack, request_id):
    lines = lines_of(request_id, ROOT / ".data" / str(stack.port) / "logs")
    ends = {service: (of_service[-1]["stage"], of_service[-1]["message"]) for service, of_service in lines.items()}
    assert ends == {
        "webserver": ("accepting", "answered: done"),
        "ingestion_service": ("ingesting", "delivered"),
        "forecast_service": ("forecasting", "done"),
    }
    for line in (line for of_service in lines.values() for line in of_service):
        assert line["ticker"] == "AAPL"
        assert line["duration_ms"] >= 0


def lines_of(request_id: str, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the services' log lines about a request, after all services have written theirs."""
    give_up = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up:
        lines: dict[str, list[dict[str, Any]]] = {}
        for path in folder.glob("*.log"):
            for text in path.read_text(encoding="utf-8").splitlines():
                if request_id in text:
                    line = json.loads(text)
                    lines.setdefault(line["service"], []).append(line)
        ends = {of_service[-1]["message"] for of_service in lines.values()}
        if ends == {"answered: done", "delivered", "done"}:
            return lines
        time.sleep(0.1)
    pytest.fail(f"the services did not all log of the request: {lines}")


def test_budget_left_sums_all_keys_and_is_nan_without_redis(redis_url, health_url):
    hour = Window(5, HOUR)
    with Redis.from_url(redis_url) as redis:
        limits = ProviderLimits(redis)
        BudgetMetrics(limits).show("somewhere", ["somewhere:a", "somewhere:b"], (hour,))
        limits.count_call("somewhere:a", (hour,))
        name = 'stockcast_source_budget_left{source="somewhere",window="hour"}'
        assert read(f"{health_url}/metrics")[name] == 9
    with Redis(port=free_port()) as nowhere:
        BudgetMetrics(ProviderLimits(nowhere)).show("somewhere", ["somewhere:a"], (hour,))
        assert math.isnan(read(f"{health_url}/metrics")[name])


def has_result(prometheus: str, query: str) -> bool:
    """Return whether a query of Prometheus has a result within the time limit."""
    give_up = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up:
        with suppress(OSError):
            answer = json.load(urlopen(f"{prometheus}/api/v1/query?{urlencode({'query': query})}", timeout=PATIENCE_S))
            if answer["data"]["result"]:
                return True
        time.sleep(0.5)
    return False
