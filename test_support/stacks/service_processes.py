"""A stack whose processes a test can kill, stop and start, with a fault proxy between any two of them.

client ─▶ web ─▶ [to_ingestion] ─▶ ingestion ─▶ [to_forecast] ─▶ forecast
all ─▶ [to_redis] ─▶ redis        ingestion, forecast ─▶ gateway ─▶ object store
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from common.redis.client.connections import make_redis_client
from common.rpc.tls import CredentialFiles
from local_stack.processes.probes import is_listening, is_ready
from local_stack.redis_binary import find_redis
from test_support.network.certificates import tls_settings
from test_support.network.fault_proxy import FaultProxy, fault_proxies
from test_support.network.ports import free_port
from test_support.paths import ROOT
from test_support.sources.price_source import PriceSource, price_source
from test_support.stores.object_gateway import ObjectGateway, object_gateway
from test_support.stores.object_store import store_command
from test_support.waiting import until

BUCKET = "faults"
KEY = "SECRETmarkedKEY0123456789abcdef"
"""The price source's key."""
DEADLINE_S = 60
"""The requests' deadline. It is long, because a service needs ten seconds to restart on a busy machine."""
SHORT_DEADLINE_S = 20
READY_WITHIN_S = 180.0
_PYTHON = (sys.executable, "-m")


@dataclass(frozen=True)
class Secured:
    """The certificate of services and Redis, and the password of Redis."""

    files: CredentialFiles
    redis_password: str


class Part:
    """One program of the stack, and its process."""

    def __init__(self, name: str, command: tuple[str, ...], environment: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._command = command
        self.environment = environment
        self.root = ROOT
        self._process: subprocess.Popen[bytes] | None = None

    def copy_with(self, **environment: str) -> Part:
        """Return another part that runs the same program with these changes to its environment."""
        return Part(f"{self.name}2", self._command, {**self.environment, **environment}, self.log.parent)

    @property
    def pid(self) -> int:
        """The id of the last process that was started."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the program, unless it is running."""
        if self.is_running:
            return
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self.root,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def signal(self, number: int) -> None:
        """Send a signal to the process itself, not to its children."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """Send SIGKILL, and wait for the end."""
        if self.is_running:
            self.signal(signal.SIGKILL)
            self.wait()

    def terminate(self, within_s: float = 100.0) -> int:
        """Send SIGTERM, wait for the end, and return the exit status."""
        self.signal(signal.SIGTERM)
        return self.wait(within_s)

    def wait(self, within_s: float = 100.0) -> int:
        """Wait for the end and return the exit status."""
        assert self._process is not None
        return self._process.wait(within_s)

    def children(self, mark: str = "") -> list[psutil.Process]:
        """Return the running descendants whose command line contains the mark."""
        found = psutil.Process(self.pid).children(recursive=True)
        return [child for child in found if (command := command_line(child)) and mark in command]


@dataclass
class Parts:
    """A whole stack: its programs, the proxies between them, and its addresses."""

    url: str
    redis: Part
    object_store: Part
    forecast: Part
    ingestion: Part
    web: Part
    to_redis: FaultProxy
    to_ingestion: FaultProxy
    to_forecast: FaultProxy
    gateway: ObjectGateway
    source: PriceSource
    redis_url: str
    readiness: tuple[int, ...]
    ingestion_port: int
    forecast_port: int

    @property
    def all(self) -> tuple[Part, ...]:
        """Every program, the stores first."""
        return self.redis, self.object_store, self.forecast, self.ingestion, self.web

    @property
    def links(self) -> tuple[FaultProxy, ...]:
        """Every proxy."""
        return self.to_redis, self.to_ingestion, self.to_forecast

    def workers(self) -> list[psutil.Process]:
        """Return the forecast service's worker processes."""
        forked = self.forecast.children("multiprocessing.forkserver")
        return [process for process in forked if process.ppid() != self.forecast.pid]

    def memory_mb(self) -> float:
        """Return the resident memory of all processes of the services."""
        return sum(self.memory_mb_of_each().values())

    def memory_mb_of_each(self) -> dict[str, float]:
        """Return the resident memory of each process of the services."""
        services = (self.ingestion, self.forecast, self.web)
        processes = [(part, process) for part in services for process in (psutil.Process(part.pid), *part.children())]
        return {f"{part.name} {process.pid}": process.memory_info().rss / 1e6 for part, process in processes}

    def restart(self, part: Part) -> None:
        """Kill a program and start it again."""
        part.kill()
        part.start()

    def restart_with(self, environments: Mapping[Part, Mapping[str, str]]) -> None:
        """Restart parts with other environments, and wait until every service is ready."""
        for part, environment in environments.items():
            part.terminate()
            part.environment = environment
        self.recover()

    def recover(self) -> None:
        """Remove all faults, and wait until every service is ready."""
        self.remove_faults()
        until(lambda: all(map(is_ready, self.readiness)), READY_WITHIN_S, "the stack did not get ready")

    def remove_faults(self) -> None:
        """Remove all faults, and start the programs that have ended."""
        for link in self.links:
            link.set_fault(None)
        self.gateway.rule = None
        self.source.remove_faults()
        for part in self.all:
            part.start()
            part.signal(signal.SIGCONT)
        self._close_circuit()

    def _close_circuit(self) -> None:
        """Delete the failures of the price source, after which ingestion would not call it for minutes."""
        with make_redis_client(self.redis_url) as client:
            client.connection_pool.connection_kwargs["retry"] = Retry(ConstantBackoff(0.1), 100)
            for pattern in ("aside:*", "failures:*"):
                for key in client.scan_iter(pattern):
                    client.delete(key)

    def logs(self) -> str:
        """Return the text of all logs."""
        return "".join(part.log.read_text(errors="replace") for part in self.all)


def attempt_numbers(parts: Parts, request_ids: Iterable[str]) -> set[bytes | None]:
    """Return the attempt numbers in the requests' records."""
    with make_redis_client(parts.redis_url) as client:
        return {client.hget(f"request:{request_id}", "attempt") for request_id in request_ids}


def command_line(process: psutil.Process) -> str:
    """Return the command line of a process, or an empty string if it has just ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@contextlib.contextmanager
def running_parts(folder: Path, *, secured: Secured | None = None, **settings: str) -> Iterator[Parts]:
    """Run a whole stack with its files in ``folder``, with TLS if ``secured`` is given, and with these settings.

    A ``REDIS_URL`` among them leads to a Redis of the caller's; the stack's own one then stands idle.
    """
    redis, store, forecast, forecast_health, ingestion, ingestion_health, web = (free_port() for _ in range(7))
    with (
        fault_proxies(redis, ingestion, forecast) as (to_redis, to_ingestion, to_forecast),
        price_source() as source,
        object_gateway(store, lambda: [child.pid for child in psutil.Process().children(recursive=True)]) as gateway,
    ):
        environment = _environment(_redis_url(to_redis.port, secured), gateway, source) | settings
        if secured is not None:
            environment |= tls_settings(secured.files)

        def part(name: str, *command: str, **more: str) -> Part:
            return Part(name, command, environment | more, folder)

        parts = Parts(
            url=f"http://127.0.0.1:{web}",
            redis=part("redis", *_redis_command(redis, folder, secured)),
            object_store=part("object_store", *store_command(store, BUCKET, folder / "s3")),
            forecast=part("forecast", *_PYTHON, "forecast_service", **_addresses(forecast, forecast_health)),
            ingestion=part(
                "ingestion",
                *_PYTHON,
                "ingestion_service",
                **_addresses(ingestion, ingestion_health),
                FORECAST_ADDRESS=f"127.0.0.1:{to_forecast.port}",
            ),
            web=part(
                "web",
                *(*_PYTHON, "gunicorn", "-c", "webserver/gunicorn.conf.py", "webserver.app:create_app()"),
                PORT=str(web),
                INGESTION_ADDRESS=f"127.0.0.1:{to_ingestion.port}",
                GUNICORN_CMD_ARGS="--graceful-timeout 2 --no-control-socket",
            ),
            to_redis=to_redis,
            to_ingestion=to_ingestion,
            to_forecast=to_forecast,
            gateway=gateway,
            source=source,
            redis_url=settings.get("REDIS_URL") or _redis_url(redis, secured),
            readiness=(forecast_health, ingestion_health, web),
            ingestion_port=ingestion,
            forecast_port=forecast,
        )
        try:
            parts.redis.start()
            parts.object_store.start()
            until(lambda: is_listening(redis) and is_listening(store), READY_WITHIN_S, "the stores did not start")
            parts.recover()
            yield parts
        finally:
            _end(parts)


def _end(parts: Parts) -> None:
    running = [part for part in parts.all if part.is_running]
    left = [child for part in running for child in part.children()]
    for part in running:
        part.kill()
    for child in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()


def _environment(redis_url: str, gateway: ObjectGateway, source: PriceSource) -> dict[str, str]:
    return os.environ | {
        "REDIS_URL": redis_url,
        "S3_BUCKET": BUCKET,
        "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{gateway.port}",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "PROVIDERS": "tiingo",
        "PROVIDER_BUDGETS": "tiingo=1000000/minute",
        "TIINGO_URL": source.url,
        "TIINGO_API_KEY": KEY,
        "REQUEST_DEADLINE_S": str(DEADLINE_S),
        "RATE_LIMIT_PER_CLIENT": "1000000/minute",
        "RATE_LIMIT": "1000000/minute",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def _redis_url(port: int, secured: Secured | None) -> str:
    if secured is None:
        return f"redis://127.0.0.1:{port}/0"
    return f"rediss://:{secured.redis_password}@127.0.0.1:{port}/0?ssl_ca_certs={secured.files.authority}"


def _redis_command(port: int, folder: Path, secured: Secured | None) -> tuple[str, ...]:
    data = folder / "redis"
    data.mkdir()
    options = {"port": str(port), "bind": "127.0.0.1", "dir": str(data), "appendonly": "yes", "save": '""'}
    if secured is not None:
        options |= {
            "port": "0",
            "tls-port": str(port),
            "tls-cert-file": str(secured.files.certificate),
            "tls-key-file": str(secured.files.key),
            "tls-ca-cert-file": str(secured.files.authority),
            "tls-auth-clients": "no",
            "requirepass": secured.redis_password,
        }
    # In a file: a command line would show the password to every user of the machine.
    configuration = folder / "redis.conf"
    configuration.write_text("".join(f"{name} {value}\n" for name, value in options.items()))
    return str(find_redis()), str(configuration)


def _addresses(port: int, health: int) -> dict[str, str]:
    return {"LISTEN_ADDRESS": f"127.0.0.1:{port}", "HEALTH_ADDRESS": f"127.0.0.1:{health}"}


def stack_client(parts: Parts, connections: int = 100, *, kept: int = 0) -> httpx.Client:
    """Return an HTTP client of the stack that opens at most ``connections`` and reuses at most ``kept`` of them."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=kept)
    return httpx.Client(base_url=parts.url, trust_env=False, timeout=DEADLINE_S + 10, limits=limits)
