"""The web server keeps working after the folder of its metrics is removed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from test_support.network.ports import free_port
from test_support.paths import ROOT
from test_support.waiting import until

WORKERS = 2
"""As in webserver/gunicorn.conf.py."""
PATIENCE_S = 250.0
"""Only what hangs takes longer, however busy the machine is."""


def lives(url):
    with suppress(httpx.TransportError):
        return httpx.get(f"{url}/livez", trust_env=False, timeout=100).status_code == 200
    return False


def children(pid):
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def web_server(folder):
    """A web server whose temporary folder this is; and its address, and what it logged once it has ended."""
    folder.mkdir()
    port, log = free_port(), list[str]()
    environment = os.environ | {"TMPDIR": str(folder), "PORT": str(port), "AWS_DEFAULT_REGION": "us-east-1"}
    command = [sys.executable, "-m", "gunicorn", "-c", "webserver/gunicorn.conf.py", "webserver.app:create_app()"]
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as server:
        try:
            until(lambda: lives(url))
            yield server, url, log
        finally:
            server.terminate()
            log.append(server.communicate()[1])


def all_have_files(folder, server):
    """Whether each web process has begun and has its files of metrics."""
    pids = children(server.pid)
    return len(pids) == WORKERS and all(any(folder.glob(f"stockcast-metrics-*/counter_{pid}.db")) for pid in pids)


def remove_metrics(folder):
    """Remove the folder of the metrics in one step, because a process may make a file in it meanwhile."""
    next(folder.glob("stockcast-metrics-*")).rename(folder.parent / "removed")


def metrics_of(url):
    with suppress(httpx.TransportError):
        return httpx.get(f"{url}/metrics", trust_env=False, timeout=100).text
    return ""


def test_web_processes_start_after_the_metrics_folder_was_removed(tmp_path):
    folder = tmp_path / "t"
    with web_server(folder) as (server, url, log):
        remove_metrics(folder)
        for worker in children(server.pid):
            os.kill(worker, signal.SIGKILL)
        # Both are ready: gunicorn loses a SIGTERM that comes while a process begins, and then waits before it kills it.
        until(lambda: lives(url) and all_have_files(folder, server))
        assert "stockcast_http_requests" in metrics_of(url)
    assert "was removed" in log[0]


def test_web_processes_are_replaced_after_the_metrics_folder_was_removed(tmp_path):
    folder = tmp_path / "t"
    with web_server(folder) as (server, url, log):
        until(lambda: all_have_files(folder, server))
        before = set(children(server.pid))
        remove_metrics(folder)
        until(lambda: not before & set(children(server.pid)))
        until(lambda: lives(url) and "stockcast_http_requests_total" in metrics_of(url))
    assert 1 <= log[0].count("was removed") <= len(before), "a line for each process that found out"
