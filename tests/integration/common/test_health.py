import logging
import os
import socket
import struct
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from common.domain.errors import Busy
from common.rpc.addresses import Address
from common.runtime.hosts import LOOPBACK_ONLY, AllowedHosts
from common.service.health import HealthServer
from test_support.network.ports import free_port
from test_support.waiting import until
from tests.conftest import s3_environment

ROOT = Path(__file__).parents[3]
ANYWHERE = Address("127.0.0.1", 0)


def well():
    return None


def ill():
    raise Busy("The store is away.")


@contextmanager
def serving(address=ANYWHERE, *, alive=None, ready=None, hosts=LOOPBACK_ONLY):
    """Run a health server; yield its address and a client."""
    server = HealthServer("some_service", alive=alive or {}, ready=ready or {}, hosts=hosts)
    bound = server.start(address)
    try:
        with httpx.Client(base_url=f"http://{bound}", trust_env=False, timeout=100) as client:
            yield bound, client
    finally:
        server.stop()


def test_a_service_is_ready_when_every_check_passes():
    with serving(ready={"redis": well}) as (_, client):
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_a_service_that_is_not_ready_returns_the_reason_and_is_alive():
    with serving(alive={"loop": well}, ready={"redis": well, "object_store": ill}) as (_, client):
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["problems"]) == (503, {"object_store": "The store is away."})
        assert client.get("/livez").status_code == 200
        assert client.get("/else").status_code == 404


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {"Host": "10.1.2.3:8081"}, 200),
        ("GET", {"Host": "[fd00::1]:8081"}, 200),
        ("GET", {"Host": "ingestion:8081"}, 200),
        ("GET", {"Sec-Fetch-Site": "none"}, 200),
        ("HEAD", {}, 200),
        ("GET", {"Host": "evil.example"}, 421),
        ("GET", {"Host": "[::1"}, 400),
        ("GET", {"Origin": "http://evil.example"}, 403),
        ("GET", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("GET", {"Sec-Fetch-Site": "same-site"}, 403),
        ("POST", {}, 405),
        ("OPTIONS", {"Origin": "http://evil.example"}, 405),
        ("DELETE", {}, 405),
    ],
)
def test_probes_are_accepted_and_requests_of_other_sites_are_rejected(path, method, headers, status):
    with serving(hosts=AllowedHosts.parse("ingestion")) as (_, client):
        answer = client.request(method, path, headers=headers)
    assert answer.status_code == status
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_an_aborted_connection_is_logged_in_one_line(caplog, capfd):
    caplog.set_level(logging.DEBUG, "common.service.health")
    with serving() as (bound, _):
        peer = socket.create_connection((bound.host, bound.port))
        peer.send(b"GET /li")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, not a polite end
        peer.close()
        until(lambda: caplog.messages)
    assert caplog.messages == ["a peer of the health port was given up: ConnectionResetError"]
    assert capfd.readouterr().err == ""


def test_a_restarted_service_can_bind_its_port_at_once():
    with serving() as (address, client):
        assert client.get("/livez").status_code == 200
    # Its closed connections still occupy the port, in TIME_WAIT.
    with serving(address) as (again, client):
        assert again == address
        assert client.get("/livez").status_code == 200


def test_a_forecast_service_without_a_bucket_is_not_ready(redis_url, s3_server_url):
    health = f"127.0.0.1:{free_port()}"
    environment = os.environ | s3_environment(s3_server_url) | {"PYTHONPATH": str(ROOT), "REDIS_URL": redis_url}
    environment |= {"S3_BUCKET": "nowhere", "LISTEN_ADDRESS": "127.0.0.1:0", "HEALTH_ADDRESS": health, "WORKERS": "1"}
    with subprocess.Popen([sys.executable, "-P", "-m", "forecast_service"], cwd=ROOT, env=environment) as service:
        try:
            problems = warm_problems(f"http://{health}/readyz")
        finally:
            service.terminate()
    assert set(problems) == {"object_store"}


def warm_problems(url):
    """Return the problems of a service's readiness once its worker is warm."""
    give_up = time.monotonic() + 250
    while time.monotonic() < give_up:
        with suppress(httpx.TransportError):
            problems = httpx.get(url, trust_env=False, timeout=100).json()["problems"]
            if "workers" not in problems:
                return problems
        time.sleep(0.2)
    pytest.fail("the service's worker never became warm")
