"""A full temporary folder ends no process and fails no request."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from test_support.stacks.request_history import RequestHistory
from test_support.stacks.service_processes import DEADLINE_S, Parts, running_parts, stack_client
from test_support.waiting import until
from tests.conftest import skip_or_fail


@pytest.fixture
def small_disk(short_folder: Path) -> Iterator[Path]:
    """A folder with room for four megabytes."""
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    mounted = subprocess.run(
        [*sudo, "mount", "-t", "tmpfs", "-o", "size=4m,mode=1777", "tmpfs", short_folder], check=False
    )
    if mounted.returncode:
        skip_or_fail("a small disk cannot be mounted here (it takes root, or sudo without a password)")
    yield short_folder
    subprocess.run([*sudo, "umount", "--lazy", short_folder], check=True)


def fill(folder: Path) -> Path:
    """Fill the disk completely."""
    path = folder / "fill"
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    return path


def have_reserved(folder: Path, workers: set[int]) -> bool:
    """Return whether each web worker has its last file of metrics; they start one after the other."""
    files = {path.name: path.stat().st_size for path in folder.rglob("*.db")}
    return all(files.get(f"gauge_livemostrecent_{pid}.db") == files.get(f"counter_{pid}.db", -1) for pid in workers)


def web_workers(parts: Parts) -> set[int]:
    return {process.pid for process in parts.web.children()}


def test_a_full_temporary_folder_ends_no_process_and_fails_no_request(small_disk, tmp_path):
    with running_parts(tmp_path, TMPDIR=str(small_disk)) as parts, stack_client(parts) as client:
        history = RequestHistory(client)
        workers = web_workers(parts)
        until(lambda: have_reserved(small_disk, workers), DEADLINE_S, "a web worker has reserved no space for metrics")
        filling = fill(small_disk)
        assert shutil.disk_usage(small_disk).free == 0
        for number in range(4):
            assert history.ask(f"FULL{number}", 30)[1].status_code == 200
        routes = ("/nothing", "/metrics", "/api/v1/tickers", "/api/v1/tickers?q=a", "/api/docs", "/")
        answers = {route: client.get(route) for route in routes}
        assert {route: answer.text[:300] for route, answer in answers.items() if answer.status_code >= 500} == {}
        for process in parts.workers():
            process.kill()
        assert history.ask("AFTERKILL", 30)[1].status_code == 200
        assert web_workers(parts) == workers
        filling.unlink()
        for process in parts.web.children():
            process.kill()
        until(lambda: web_workers(parts) and not web_workers(parts) & workers, 100, "the web workers were not replaced")
        parts.recover()
        assert history.ask("ROOMAGAIN", 30)[1].status_code == 200
        history.check()
