"""Fixtures of integration tests: the services' stores, and a price source on the loopback interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
import redis
from werkzeug.routing import Rule

from common.redis.stores import RedisStores
from common.runtime.metrics import SOURCE_BUDGET_LEFT
from common.s3.price_store import PriceStore, make_s3_client
from test_support.sources.source_server import SourceServer, running_source

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


@pytest.fixture(scope="session", autouse=True)
def _equal_routes_are_compiled_once() -> Iterator[None]:
    """Share the URL builders of equal routes among applications: compiling them takes most of an application's start.

    A builder is a function of the rule's parts and defaults, and receives the rule itself as an argument.
    """
    compile_builder = Rule._compile_builder
    builders: dict[object, Callable[..., tuple[str, str]]] = {}

    def find_or_compile(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = (tuple(rule._trace), repr(rule.defaults), append_unknown)
        if key not in builders:
            builders[key] = compile_builder(rule, append_unknown)
        return builders[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", find_or_compile)
        yield


@pytest.fixture(autouse=True)
def _budgets_of_this_test_only() -> Iterator[None]:
    """Remove gauges that read the Redis of an earlier test."""
    yield
    SOURCE_BUDGET_LEFT.clear()


@pytest.fixture(autouse=True)
def _no_lock_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give locks a long expiry. On a slow machine a late renewal would lose them."""
    monkeypatch.setattr("common.redis.locks.HOLD_S", 1000.0)


@pytest.fixture(autouse=True)
def _no_lease_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give leases and advertised capacities ten times as long. Two calls may be seconds apart on a busy machine.

    A lease must end before the deadlines of waiting requests, which count as under way otherwise.
    """
    monkeypatch.setattr("common.redis.schema.lifetimes.LEASE_MS", 20_000)


@pytest.fixture(autouse=True)
def _postgresql_may_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise the time limits of connections to PostgreSQL, and of the wait for a free one."""
    monkeypatch.setattr("common.sql.drivers.postgresql.CONNECT_TIMEOUT_S", 60)


@pytest.fixture(autouse=True)
def _writing_may_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise the time limit of SQLite's locks. On a busy disk, other transactions may hold them for seconds."""
    monkeypatch.setattr("common.sql.engines.BUSY_TIMEOUT_S", 60)


@pytest.fixture(autouse=True)
def _connecting_may_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise the time limit of connections to price sources. A thread can wait longer than it for a busy processor."""
    for module in ("fetch.download", "nasdaq", "yahoo"):
        monkeypatch.setattr(f"ingestion_service.providers.{module}.CONNECT_TIMEOUT_S", 60.0)


@pytest.fixture
def redis_client(redis_url: str) -> Iterator[redis.Redis]:
    """A client of an empty Redis."""
    with redis.Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def redis_stores(redis_client: redis.Redis) -> RedisStores:
    """The stores in an empty Redis."""
    return RedisStores.of(redis_client)


@pytest.fixture
def s3(s3_bucket: str) -> Iterator[S3Client]:
    """A client of the store in which the bucket is."""
    client = make_s3_client()
    yield client
    client.close()


@pytest.fixture
def store(s3: S3Client, s3_bucket: str) -> PriceStore:
    """The prices in an empty bucket."""
    return PriceStore(s3, s3_bucket)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SourceServer]:
    """A price source that answers 404 until the test sets its handler."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with running_source() as running:
        yield running
