"""A forecast service that runs short of file descriptors, or loses its temporary folder, while its workers die."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from forecast_service.composition import EXIT_FOLDER_LOST
from test_support.network.ports import free_port
from test_support.paths import ROOT
from test_support.waiting import until
from tests.conftest import s3_environment

PATIENCE_S = 250.0
QUICK_WORKERS = 2
WORKERS = QUICK_WORKERS + 1
"""Half as many for long work."""
"""Only what hangs takes longer, however busy the machine is."""
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of another process are set on Linux only")


@dataclass
class Service:
    process: subprocess.Popen[bytes]
    health: str
    folder: Path
    log: Path

    def is_ready(self):
        with suppress(httpx.TransportError):
            return httpx.get(f"http://{self.health}/readyz", trust_env=False, timeout=100).status_code == 200
        return False

    def workers(self):
        """Return the workers. After the death of a fork server they have another parent."""
        return [pid for pid in forked_with(str(self.folder)) if pid not in children(self.process.pid)]

    def failed(self):
        return any("could not be started" in line for line in self.messages())

    def messages(self):
        return [json.loads(line)["message"] for line in self.log.read_text().splitlines() if line.startswith("{")]


def forked_with(folder):
    """Return the fork servers and workers with this temporary folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            is_ours = f"TMPDIR={folder}\0".encode() in (entry / "environ").read_bytes()
            if is_ours and b"forkserver" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


def children(pid):
    """The living processes whose parent has this id."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if int(parent) == pid and state != "Z":
                found.append(int(stat.parent.name))
    return found


@pytest.fixture
def service(redis_url, s3_server_url, s3_bucket, tmp_path, short_folder):
    """A forecast service with its workers, ready, whose temporary folder is its own."""
    health = f"127.0.0.1:{free_port()}"
    environment = os.environ | s3_environment(s3_server_url) | {"PYTHONPATH": str(ROOT), "REDIS_URL": redis_url}
    environment |= {"S3_BUCKET": s3_bucket, "LISTEN_ADDRESS": "127.0.0.1:0", "HEALTH_ADDRESS": health}
    environment |= {"WORKERS": str(QUICK_WORKERS), "TMPDIR": str(short_folder)}
    log = tmp_path / "log"
    command = [sys.executable, "-P", "-m", "forecast_service"]
    with (
        log.open("wb") as out,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT) as process,
    ):
        started = Service(process, health, short_folder, log)
        try:
            until(
                lambda: started.is_ready() and len(started.workers()) == WORKERS,
                complaint="the service did not get ready",
            )
            yield started
        finally:
            process.kill()


@pytest.mark.parametrize("missing", [0, 10, 15])
def test_all_workers_restart_after_a_shortage_of_file_descriptors(missing, service):
    pid = service.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    lost = set(service.workers())
    highest = max(int(each.name) for each in Path(f"/proc/{pid}/fd").iterdir())
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (highest + 1 - missing, before[1]))
    for worker in lost:
        os.kill(worker, signal.SIGKILL)
    # If few descriptors are missing, one worker may start; if more are missing, none.
    until(lambda: service.failed() or len(set(service.workers()) - lost) == WORKERS, complaint="nothing was tried")
    time.sleep(1)  # some more attempts fail
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
    until(
        lambda: len(set(service.workers()) - lost) == WORKERS and service.is_ready(),
        complaint="not all workers are back",
    )


def test_a_lost_temporary_folder_ends_the_service_with_one_line(service):
    shutil.rmtree(service.folder)
    assert service.process.wait(PATIENCE_S) == EXIT_FOLDER_LOST
    assert len([line for line in service.messages() if str(service.folder) in line]) == 1


def test_a_lost_temporary_folder_ends_the_service_without_workers(service):
    for folder in service.folder.glob("pymp-*"):
        shutil.rmtree(folder)
    for worker in service.workers():
        os.kill(worker, signal.SIGKILL)
    assert service.process.wait(PATIENCE_S) == EXIT_FOLDER_LOST
