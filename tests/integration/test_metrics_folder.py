"""The web server goes on where somebody removes the folder of its metrics."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx

from tests.ports import free_port

ROOT = Path(__file__).parents[2]
PATIENCE_S = 250.0
"""Only what hangs takes longer, however busy the machine is."""


def lives(url):
    with suppress(httpx.TransportError):
        return httpx.get(f"{url}/livez", trust_env=False, timeout=100).status_code == 200
    return False


def children(pid):
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def until(is_met):
    give_up = time.monotonic() + PATIENCE_S
    while not is_met():
        assert time.monotonic() < give_up
        time.sleep(0.1)


def test_new_web_processes_begin_where_the_folder_of_the_metrics_was_removed(tmp_path):
    port, folder = free_port(), tmp_path / "t"
    folder.mkdir()
    environment = os.environ | {"TMPDIR": str(folder), "PORT": str(port), "AWS_DEFAULT_REGION": "us-east-1"}
    command = [sys.executable, "-m", "gunicorn", "-c", "webserver/gunicorn.conf.py", "webserver.app:create_app()"]
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as server:
        try:
            until(lambda: lives(url))
            shutil.rmtree(next(folder.glob("stockcast-metrics-*")))
            for worker in children(server.pid):
                os.kill(worker, signal.SIGKILL)
            until(lambda: lives(url) and any(folder.glob("stockcast-metrics-*/counter_*.db")))
            assert "stockcast_http_requests" in httpx.get(f"{url}/metrics", trust_env=False, timeout=100).text
        finally:
            server.terminate()
            log = server.communicate()[1]
    assert log.count("was removed and is made anew") == 1
