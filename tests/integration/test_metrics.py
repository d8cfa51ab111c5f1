"""What Prometheus reads, of services that run; and what it makes of it, where the binary is there."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from common.addresses import Address
from common.health import HealthServer
from local_stack.occupancy import port_problems
from local_stack.ports import ports_of
from tests.conftest import skip_or_fail

ROOT = Path(__file__).parents[2]
RULES = ROOT / "k8s/components/monitoring/prometheus"


def read(url: str) -> dict[str, float]:
    """The samples by name and labels."""
    text = urlopen(url, timeout=5).read().decode()
    return {
        f"{sample.name}{sorted(sample.labels.items())}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def health_url():
    server = HealthServer("service", alive={}, ready={})
    yield f"http://{server.start(Address('127.0.0.1', 0))}"
    server.stop()


def test_a_tcp_service_shows_its_measures_beside_its_probes(health_url):
    measures = read(f"{health_url}/metrics")
    assert any(name.startswith("stockcast_orders_in_flight") for name in measures)
    assert any(name.startswith("process_resident_memory_bytes") for name in measures)


def needed(program: str) -> None:
    if shutil.which(program) is None:
        skip_or_fail(f"{program} is not there (Debian: apt-get install prometheus)")


def test_the_rules_are_rules_and_do_what_their_tests_say():
    needed("promtool")
    subprocess.run(["promtool", "check", "rules", "rules.yaml"], cwd=RULES, check=True, timeout=60)
    subprocess.run(["promtool", "test", "rules", "rules_test.yaml"], cwd=RULES, check=True, timeout=60)
    subprocess.run(
        ["promtool", "check", "config", "--syntax-only", "prometheus.yaml"], cwd=RULES, check=True, timeout=60
    )


def test_every_measure_in_rules_and_dashboards_is_one_that_a_service_has(health_url):
    text = urlopen(f"{health_url}/metrics", timeout=5).read().decode()
    known = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE stockcast_")}
    used = set()
    for path in (
        *RULES.glob("*.yaml"),
        *RULES.parent.glob("grafana/dashboards/*.json"),
        *RULES.parent.parent.glob("keda/*.yaml"),
    ):
        used |= measures_in(path.read_text(encoding="utf-8"))
    assert used
    assert {name for name in used if not any(name == one or base(name) == one for one in known)} == set()


def measures_in(text: str) -> set[str]:
    return {
        word
        for word in "".join(c if c.isalnum() or c == "_" else " " for c in text).split()
        if word.startswith("stockcast_")
    }


def base(name: str) -> str:
    for ending in ("_bucket", "_count", "_sum"):
        name = name.removesuffix(ending)
    return name


def test_prometheus_reads_all_three_services_of_a_local_stack():
    needed("prometheus")
    port = quiet_port()
    command = [sys.executable, "-P", "-m", "local_stack", "--with-prometheus"]
    environment = os.environ | {"PORT": str(port), "PROVIDERS": "sample", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as stack:
        try:
            assert stack.stdout is not None
            assert stack.stdout.readline() == f"ready http://127.0.0.1:{port}\n"
            prometheus = stack.stdout.readline().removeprefix("prometheus ").strip()
            # A question of its own: what an earlier run on this port has answered would be known.
            body = json.dumps({"ticker": "AAPL", "days": random.randint(1, 9_000)}).encode()
            assert json.load(urlopen(f"http://127.0.0.1:{port}/api/v1/forecasts", body, timeout=60))["status"] == "done"
            wanted = {
                "webserver": "stockcast_http_requests_total",
                "ingestion": "stockcast_orders_total",
                "forecast": "stockcast_prices_age_days_count",
            }
            for job, measure in wanted.items():
                assert is_seen(prometheus, f'{measure}{{job="{job}"}} > 0'), f"{measure} of {job}"
        finally:
            stack.terminate()
            assert stack.wait(15) == 0


def is_seen(prometheus: str, query: str) -> bool:
    """Whether Prometheus comes to know an answer within half a minute."""
    give_up = time.monotonic() + 30
    while time.monotonic() < give_up:
        with suppress(OSError):
            answer = json.load(urlopen(f"{prometheus}/api/v1/query?{urlencode({'query': query})}", timeout=5))
            if answer["data"]["result"]:
                return True
        time.sleep(0.5)
    return False


def quiet_port() -> int:
    """A port that is free together with those that the stack derives from it."""
    for port in range(7_800, 7_900):
        if not port_problems(ports_of(port)):
            return port
    pytest.fail("no free ports were found for a stack")
