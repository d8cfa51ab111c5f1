"""The tables of the SQL store are upgraded while the version before serves accounts and lists."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from common.sql.database_urls import DatabaseUrl
from common.sql.migrate import migrate
from common.sql.revision import HEAD
from test_support.network.ports import free_port
from test_support.paths import ROOT
from test_support.stacks.newer_version import NEWER_REVISION, write_newer_version
from test_support.stacks.service_processes import DEADLINE_S, Part, Parts
from test_support.stacks.side_by_side import wait_until_ready
from test_support.stores.postgres import NoPostgres, running_postgres
from test_support.waiting import until
from tests.conftest import skip_or_fail

LISTS = "/api/v1/watchlists"
WRITES_A_STEP = 10


@pytest.fixture
def database() -> Iterator[str]:
    """The address of a database in PostgreSQL with the tables of this version."""
    try:
        with running_postgres() as server:
            address = server.create_database("stockcast")
            migrate(DatabaseUrl.parse(address))
            yield address
    except NoPostgres as exc:
        skip_or_fail(str(exc))


@pytest.fixture
def web(parts: Parts, database: str) -> Iterator[Part]:
    """A web server of this version on the database."""
    part = parts.web.copy_with(PORT=str(free_port()), DATABASE_URL=database)
    part.start()
    wait_until_ready(int(part.environment["PORT"]))
    yield part
    part.terminate()


class Writer:
    """Changes the note of one stock of a list again and again, and reads it back."""

    def __init__(self, part: Part) -> None:
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{part.environment['PORT']}", trust_env=False, timeout=DEADLINE_S
        )
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self.count = 0
        self.wrong: list[str] = []
        created = self._client.post(LISTS, json={"name": f"list {part.pid}"})
        assert created.status_code == 201, created.text
        self.url = created.json()["url"]

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._end.set()
        self._thread.join()
        self._client.close()

    def wait_for_more(self, writes: int = WRITES_A_STEP) -> None:
        """Wait until so many further notes have been written."""
        wanted = self.count + writes
        until(lambda: self.count >= wanted or self.wrong)

    def _write(self) -> None:
        for number in itertools.count():
            if self._end.is_set():
                return
            written = self._client.put(f"{self.url}/stocks/AAPL", json={"note": str(number)})
            read = self._client.get(self.url)
            if (written.status_code, read.status_code) != (200, 200) or f'"{number}"' not in read.text:
                self.wrong.append(f"{number}: {written.text[:200]} {read.text[:200]}")
            self.count += 1


def run_sql(tree: Path, database: str, command: str) -> str:
    """Run a command of ``python -m common.sql`` of a source tree; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "common.sql", command],
        cwd=tree,
        env={"DATABASE_URL": database, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_this_version_serves_lists_while_and_after_a_newer_one_changes_the_tables(
    web: Part, database: str, tmp_path: Path
) -> None:
    write_newer_version(tmp_path)
    with Writer(web) as writer:
        writer.wait_for_more()
        changed = run_sql(tmp_path, database, "migrate")
        assert changed == f"The SQL store has revision {NEWER_REVISION}; it had {HEAD}.\n"
        writer.wait_for_more()
        assert writer.wrong == []
    newer = web.copy_with(PORT=str(free_port()))
    newer.root = tmp_path
    newer.start()
    web.terminate()
    web.start()  # its new processes look at the revision again
    wait_until_ready(int(web.environment["PORT"]), int(newer.environment["PORT"]))
    with Writer(web) as older_writer, Writer(newer) as newer_writer:
        older_writer.wait_for_more()
        newer_writer.wait_for_more()
    assert older_writer.wrong == newer_writer.wrong == []
    assert newer.terminate() == 0
    for command in ("migrate", "check", "wait"):  # as the pods of this version do when the upgrade is taken back
        assert NEWER_REVISION in run_sql(ROOT, database, command)
