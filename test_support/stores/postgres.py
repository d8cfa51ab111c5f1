"""A real PostgreSQL server on a free port of the loopback interface."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg

from test_support.network.ports import free_port

_USER = "stockcast"
_FASTER = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=60")
"""Options of a server whose data nobody needs after a crash of the machine."""


class NoPostgres(Exception):
    """This machine has no PostgreSQL server, or it did not start."""


@dataclass(frozen=True)
class RunningPostgres:
    """A running server."""

    port: int
    process: subprocess.Popen[bytes]
    folder: Path

    def url(self, database: str = "postgres") -> str:
        """Return the address of a database."""
        return f"postgresql://{_USER}:password@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, template: str = "template1") -> str:
        """Create a database, and return its address."""
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Execute a statement outside of a transaction."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def kill(self) -> None:
        """Kill the server and its connections' processes, which otherwise may still carry out a statement."""
        connections = psutil.Process(self.process.pid).children(recursive=True)
        self.process.kill()
        self.process.wait()
        for each in connections:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        psutil.wait_procs(connections)


@contextmanager
def running_postgres() -> Iterator[RunningPostgres]:
    """Start a server with an empty cluster, and kill it at the end.

    Raises:
        NoPostgres: there is none, or it does not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="stockcast-pg-"))
    try:
        _make_cluster(folder)
        with _running(folder) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_replica(primary: RunningPostgres) -> Iterator[RunningPostgres]:
    """Start a streaming replica of a server, and kill it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="stockcast-pg-"))
    owner = _as_another_user()
    if owner:
        os.chown(folder, owner["user"], owner["group"])
    source = ("--host=127.0.0.1", f"--port={primary.port}", f"--username={_USER}")
    command = [find_program("pg_basebackup"), *source, "--checkpoint=fast", "--write-recovery-conf", "--no-sync"]
    try:
        subprocess.run([*command, f"--pgdata={folder / 'data'}"], capture_output=True, check=True, cwd=folder, **owner)
        with _running(folder) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(folder: Path) -> Iterator[RunningPostgres]:
    port = free_port()
    options = [part for option in _FASTER for part in ("-c", option)]
    sockets = ("-c", f"unix_socket_directories={folder}", "-c", "listen_addresses=127.0.0.1", "-p", str(port))
    command = [find_program("postgres"), "-D", str(folder / "data"), *sockets, *options]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **_as_another_user()) as process,
    ):
        server = RunningPostgres(port, process, folder)
        try:
            wait_for_postgres(server)
            yield server
        finally:
            process.kill()


def _make_cluster(folder: Path) -> None:
    owner = _as_another_user()
    if owner:
        os.chown(folder, owner["user"], owner["group"])
    command = [find_program("initdb"), "-D", str(folder / "data"), "-U", _USER, "--auth=trust", "--no-sync"]
    made = subprocess.run([*command, "--encoding=UTF8"], capture_output=True, check=False, cwd=folder, **owner)
    if made.returncode:
        raise NoPostgres(made.stderr.decode(errors="replace"))


def _as_another_user() -> dict[str, Any]:
    """Return the arguments by which a program of root's runs as nobody; PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def wait_for_postgres(server: RunningPostgres, seconds: float = 100) -> None:
    """Return as soon as the server answers."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up and server.process.poll() is None:
        try:
            psycopg.connect(server.url(), connect_timeout=5).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise NoPostgres((server.folder / "log").read_text(errors="replace"))


def find_program(name: str) -> str:
    """Return the path of a program of PostgreSQL. Debian keeps the server's out of the PATH.

    Raises:
        NoPostgres: it is not installed.
    """
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    found = shutil.which(name) or (str(debian[-1]) if debian else None)
    if found is None:
        raise NoPostgres(f"PostgreSQL's {name} is not installed (Debian, Ubuntu: apt install postgresql)")
    return found
