"""Fixtures of all tests: real stores, and the handling of missing programs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import boto3
import hypothesis
import pytest
import redis

from common.sql.database_urls import DatabaseUrl, sqlite_url
from common.sql.store import SqlStore
from local_stack.redis_binary import NoRedis, find_redis
from test_support.network.ports import free_port
from test_support.stores.object_store import running_store
from test_support.stores.postgres import NoPostgres, RunningPostgres, running_postgres

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

BUCKET = "stockcast-test"


def skip_or_fail(reason: str) -> NoReturn:
    """Skip the test, or fail it in CI, where every program must be installed."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (CI=true: nothing may be missing)", pytrace=False)
    pytest.skip(reason)


def pytest_configure() -> None:
    """Restore SIGINT in background jobs, which ignore it, and turn off hypothesis's time limits."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # The duration of an example depends on the machine.
    hypothesis.settings.register_profile("untimed", deadline=None)
    hypothesis.settings.load_profile("untimed")


@pytest.fixture
def short_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder for a program's Unix sockets, whose paths have at most 107 bytes."""
    return tmp_path_factory.mktemp("t")


@pytest.fixture(scope="session")
def redis_server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis server, set up as the local stack's, for the whole run."""
    try:
        binary = find_redis()
    except NoRedis as exc:
        skip_or_fail(str(exc))
    port, folder = free_port(), tmp_path_factory.mktemp("redis")
    command = [str(binary), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        url = f"redis://127.0.0.1:{port}/0"
        wait_for_redis(url)
        yield url
        server.terminate()


def wait_for_redis(url: str, seconds: float = 100.0) -> None:
    """Return as soon as a Redis server answers."""
    give_up = time.monotonic() + seconds
    with redis.Redis.from_url(url) as client:
        while time.monotonic() < give_up:
            try:
                client.ping()
            except redis.RedisError:
                time.sleep(0.02)
            else:
                return
    pytest.fail(f"no Redis server answered at {url}")


@pytest.fixture
def redis_url(redis_server_url: str) -> str:
    """The URL of a real Redis server that holds nothing."""
    with redis.Redis.from_url(redis_server_url) as client:
        client.flushall()
    return redis_server_url


@pytest.fixture(scope="session")
def s3_server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The local stack's object store, on a free port of its own, for the whole run."""
    with running_store(tmp_path_factory.mktemp("s3"), BUCKET) as (url, _):
        yield url


@pytest.fixture
def s3_bucket(s3_server_url: str, s3_server_client: S3Client, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of an empty bucket; the AWS settings in the environment point at its store."""
    for name, value in s3_environment(s3_server_url).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    forget_other_credentials()
    empty(s3_server_client)
    return BUCKET


@pytest.fixture(scope="session")
def s3_server_client(s3_server_url: str) -> Iterator[S3Client]:
    """A client that empties the bucket before each test: making one takes much longer."""
    client = boto3.client(
        "s3",
        endpoint_url=s3_server_url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    yield client
    client.close()


def empty(client: S3Client) -> None:
    """Delete the objects of the bucket."""
    while entries := client.list_objects_v2(Bucket=BUCKET).get("Contents"):
        objects: list[ObjectIdentifierTypeDef] = [{"Key": entry["Key"]} for entry in entries]
        client.delete_objects(Bucket=BUCKET, Delete={"Objects": objects, "Quiet": True})


def forget_other_credentials() -> None:
    """Drop boto3's default session where it cached the credentials of an earlier test."""
    credentials = boto3.DEFAULT_SESSION.get_credentials() if boto3.DEFAULT_SESSION else None
    if credentials is None or credentials.access_key != "local":
        boto3.DEFAULT_SESSION = None


def s3_environment(url: str) -> dict[str, str]:
    """The settings by which boto3 finds the store at ``url``."""
    return {
        "AWS_ENDPOINT_URL_S3": url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[RunningPostgres]:
    """A real PostgreSQL server for the whole run."""
    try:
        with running_postgres() as server:
            yield server
    except NoPostgres as exc:
        skip_or_fail(str(exc))


_numbers = count()


@pytest.fixture(scope="session")
def make_postgresql_address(postgres_server: RunningPostgres) -> Callable[[], DatabaseUrl]:
    """Make a migrated database in the server, and return its address."""
    from common.sql.migrate import migrate  # noqa: PLC0415 - other tests do without SQLAlchemy

    migrate(DatabaseUrl.parse(postgres_server.create_database("migrated")))

    def make() -> DatabaseUrl:
        return DatabaseUrl.parse(postgres_server.create_database(f"test_{next(_numbers)}", template="migrated"))

    return make


@pytest.fixture(scope="session")
def shared_postgresql_address(make_postgresql_address: Callable[[], DatabaseUrl]) -> DatabaseUrl:
    """The address of one database for many tests, which empty it: a new one takes much longer."""
    return make_postgresql_address()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file without anything in it."""
    from common.sql.migrate import migrate  # noqa: PLC0415 - other tests do without SQLAlchemy

    path = tmp_path_factory.mktemp("sql") / "migrated.sqlite"
    migrate(DatabaseUrl(path=path))
    return path


@pytest.fixture
def sqlite_address(migrated_file: Path, tmp_path: Path) -> DatabaseUrl:
    """The address of a migrated SQLite store that holds nothing."""
    path = tmp_path / "stockcast.sqlite"
    shutil.copyfile(migrated_file, path)
    return DatabaseUrl.parse(sqlite_url(path))


@pytest.fixture(params=["sqlite", "postgresql"])
def sql_address(request: pytest.FixtureRequest) -> DatabaseUrl:
    """The address of a migrated store that holds nothing, once of each kind."""
    if request.param == "sqlite":
        address: DatabaseUrl = request.getfixturevalue("sqlite_address")
        return address
    make: Callable[[], DatabaseUrl] = request.getfixturevalue("make_postgresql_address")
    return make()


@pytest.fixture
def sql_url(sql_address: DatabaseUrl) -> str:
    """The same address as a text."""
    return sqlite_url(sql_address.path) if sql_address.path else str(sql_address.postgresql)


@pytest.fixture
def sql_store(sql_address: DatabaseUrl) -> Iterator[SqlStore]:
    """An empty SQL store, once of each kind."""
    store = SqlStore(sql_address)
    yield store
    store.close()
