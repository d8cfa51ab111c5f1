"""The real stack as separate processes that can be killed, stopped and started, with a fault proxy between any two.

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
import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from common.rpc.tls import CredentialFiles
from local_stack.processes.probes import is_listening, is_ready
from local_stack.redis_binary import find_redis
from test_support.network.certificates import tls_settings
from test_support.network.fault_proxy import FaultProxy, proxies
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
"""Far away: on a machine that is busy a service takes ten seconds to start again."""
SHORT_DEADLINE_S = 20
READY_WITHIN_S = 180.0
_PYTHON = (sys.executable, "-m")


@dataclass(frozen=True)
class Secured:
    """By which certificate services and Redis speak, and the password that Redis wants."""

    files: CredentialFiles
    redis_password: str


class Part:
    """One program: its process, and what to do to it."""

    def __init__(self, name: str, command: tuple[str, ...], environment: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._command = command
        self.environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def twin(self, **environment: str) -> Part:
        """Another of the same program, with an environment of its own."""
        return Part(f"{self.name}2", self._command, {**self.environment, **environment}, self.log.parent)

    @property
    def pid(self) -> int:
        """The process at work."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, unless it runs."""
        if self.is_running:
            return
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=dict(self.environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def signal(self, number: int) -> None:
        """Send a signal to the process itself, not to its children."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End it as a machine that runs out of memory does."""
        if self.is_running:
            self.signal(signal.SIGKILL)
            self.waited()

    def terminate(self, within_s: float = 100.0) -> int:
        """Ask it to end; return its exit status."""
        self.signal(signal.SIGTERM)
        return self.waited(within_s)

    def waited(self, within_s: float = 100.0) -> int:
        """Return its exit status."""
        assert self._process is not None
        return self._process.wait(within_s)

    def children(self, mark: str = "") -> list[psutil.Process]:
        """Its living processes below whose command line has the mark."""
        found = psutil.Process(self.pid).children(recursive=True)
        return [child for child in found if (command := command_line(child)) and mark in command]


@dataclass
class Parts:
    """The stack: its programs, what lies between them, and where it answers."""

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
        """Every program, stores first."""
        return self.redis, self.object_store, self.forecast, self.ingestion, self.web

    @property
    def links(self) -> tuple[FaultProxy, ...]:
        """Every proxy."""
        return self.to_redis, self.to_ingestion, self.to_forecast

    def workers(self) -> list[psutil.Process]:
        """The forecast service's worker processes."""
        forked = self.forecast.children("multiprocessing.forkserver")
        return [process for process in forked if process.ppid() != self.forecast.pid]

    def memory_mb(self) -> float:
        """What all processes of the services hold together."""
        return sum(self.memory_mb_of_each().values())

    def memory_mb_of_each(self) -> dict[str, float]:
        """What each process of the services holds."""
        services = (self.ingestion, self.forecast, self.web)
        processes = [(part, process) for part in services for process in (psutil.Process(part.pid), *part.children())]
        return {f"{part.name} {process.pid}": process.memory_info().rss / 1e6 for part, process in processes}

    def restart(self, part: Part) -> None:
        """Kill a program and start it again, as a supervisor does."""
        part.kill()
        part.start()

    def restart_with(self, environments: Mapping[Part, Mapping[str, str]]) -> None:
        """End parts, and start them with other environments."""
        for part, environment in environments.items():
            part.terminate()
            part.environment = environment
        self.heal()

    def heal(self) -> None:
        """Mend everything, and wait until all is ready."""
        self.mend()
        until(lambda: all(map(is_ready, self.readiness)), READY_WITHIN_S, "the stack did not get ready")

    def mend(self) -> None:
        """Mend everything."""
        for link in self.links:
            link.become(None)
        self.gateway.rule = None
        self.source.heal()
        for part in self.all:
            part.start()
            part.signal(signal.SIGCONT)
        self._forget_pauses()

    def _forget_pauses(self) -> None:
        """Let the price source be asked at once again: it would be left alone for minutes after its failures."""
        retry = Retry(ConstantBackoff(0.1), 100)
        with redis.Redis.from_url(self.redis_url, retry=retry) as client:
            for pattern in ("aside:*", "failures:*"):
                for key in client.scan_iter(pattern):
                    client.delete(key)

    def written(self) -> str:
        """Everything that the services have logged."""
        return "".join(part.log.read_text(errors="replace") for part in self.all)


def attempts(parts: Parts, request_ids: Iterable[str]) -> set[bytes | None]:
    """Which attempts the requests' records speak of."""
    with redis.Redis.from_url(parts.redis_url) as client:
        return {client.hget(f"request:{request_id}", "attempt") for request_id in request_ids}


def command_line(process: psutil.Process) -> str:
    """What a process was started by; nothing where it has just ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@contextlib.contextmanager
def running_parts(folder: Path, *, secured: Secured | None = None, **settings: str) -> Iterator[Parts]:
    """Start the whole stack, its files in ``folder``, in the clear or ``secured``; end it."""
    redis, store, forecast, forecast_health, ingestion, ingestion_health, web = (free_port() for _ in range(7))
    with (
        proxies(redis, ingestion, forecast) as (to_redis, to_ingestion, to_forecast),
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
            forecast=part("forecast", *_PYTHON, "forecast_service", **_listening(forecast, forecast_health)),
            ingestion=part(
                "ingestion",
                *_PYTHON,
                "ingestion_service",
                **_listening(ingestion, ingestion_health),
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
            redis_url=_redis_url(redis, secured),
            readiness=(forecast_health, ingestion_health, web),
            ingestion_port=ingestion,
            forecast_port=forecast,
        )
        try:
            parts.redis.start()
            parts.object_store.start()
            until(lambda: is_listening(redis) and is_listening(store), READY_WITHIN_S, "the stores did not start")
            parts.heal()
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
    # In a file, as whoever can list processes must not see the password.
    configuration = folder / "redis.conf"
    configuration.write_text("".join(f"{name} {value}\n" for name, value in options.items()))
    return str(find_redis()), str(configuration)


def _listening(port: int, health: int) -> dict[str, str]:
    return {"LISTEN_ADDRESS": f"127.0.0.1:{port}", "HEALTH_ADDRESS": f"127.0.0.1:{health}"}


def client_of(parts: Parts, connections: int = 100, *, kept: int = 0) -> httpx.Client:
    """An HTTP client of the stack that uses so many connections at most, and keeps so many of them for another time."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=kept)
    return httpx.Client(base_url=parts.url, trust_env=False, timeout=DEADLINE_S + 10, limits=limits)
