"""gunicorn refuses to start where strangers could reach a server that trusts every caller."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from local_stack.processes.probes import is_ready
from test_support.network.ports import free_port
from test_support.waiting import until

COMMAND = [sys.executable, "-m", "gunicorn", "-c", "webserver/gunicorn.conf.py", "webserver.app:create_app()"]


def start(bind, **settings):
    environment = os.environ | {"LOG_LEVEL": "error", "AWS_REGION": "us-east-1"} | settings
    return subprocess.Popen([*COMMAND, "--bind", bind], env=environment, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]"])
def test_a_server_that_trusts_everybody_does_not_start_on_an_address_that_others_reach(host, tmp_path):
    with start(f"{host}:{free_port()}", TMPDIR=str(tmp_path)) as server:
        _, errors = server.communicate(timeout=100)
    assert server.returncode == 2
    assert "AUTH=open" in errors
    assert "AUTH=on" in errors
    assert "127.0.0.1" in errors
    assert "Traceback" not in errors
    assert list(tmp_path.glob("stockcast-metrics-*")) == []


def test_a_server_with_accounts_does_not_start_without_a_place_to_keep_them(tmp_path):
    with start(f"127.0.0.1:{free_port()}", AUTH="on", TMPDIR=str(tmp_path)) as server:
        _, errors = server.communicate(timeout=100)
    assert server.returncode == 2
    assert errors.startswith("setting DATABASE_URL: has to be set with AUTH=on")
    assert "python -m common.sql migrate" in errors
    assert "AUTH=open" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("host", "auth"), [("0.0.0.0", "open"), ("0.0.0.0", "on"), ("127.0.0.1", "off"), ("localhost", "off")]
)
def test_a_server_starts_where_strangers_may_little_or_cannot_come(host, auth, tmp_path, redis_server_url):
    port = free_port()
    database = f"sqlite:///{tmp_path / 'stockcast.sqlite'}"
    settings = {"AUTH": auth, "REDIS_URL": redis_server_url, "DATABASE_URL": database, "TMPDIR": str(tmp_path)}
    with start(f"{host}:{port}", **settings) as server:
        try:
            until(lambda: is_ready(port) or server.poll() is not None)
            assert server.poll() is None
        finally:
            server.terminate()
            server.communicate(timeout=100)


def test_a_unix_socket_is_reached_from_this_machine_only(short_folder, redis_server_url):
    socket = short_folder / "web.sock"
    with start(f"unix:{socket}", REDIS_URL=redis_server_url) as server:
        try:
            until(lambda: socket.exists() or server.poll() is not None)
            assert server.poll() is None
        finally:
            server.terminate()
            server.communicate(timeout=100)
