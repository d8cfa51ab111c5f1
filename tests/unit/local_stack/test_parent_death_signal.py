from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from local_stack.processes.parent_death_signal import HOLDER
from local_stack.programs import ROOT

HOLD = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-m", "local_stack.processes.parent_death_signal", sys.argv[1], "sleep", "3600"])
time.sleep(3600)
"""


def wait_until(done: Callable[[], object], seconds: float = 100) -> bool:
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if done():
            return True
        time.sleep(0.02)
    return False


def is_running(pid: int, program: str) -> bool:
    try:
        return program in Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a program that its parent died")
def test_a_program_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    environment = {name: value for name, value in os.environ.items() if name != HOLDER}
    with subprocess.Popen([sys.executable, "-c", HOLD, str(pid_file)], cwd=ROOT, env=environment) as holder:
        assert wait_until(lambda: pid_file.exists() and pid_file.read_text())
        pid = int(pid_file.read_text())
        assert wait_until(lambda: is_running(pid, "sleep"))
        holder.kill()
    assert wait_until(lambda: not is_running(pid, "sleep"))


def test_a_program_whose_parent_is_gone_already_does_not_start(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "local_stack.processes.parent_death_signal",
        str(tmp_path / "pid"),
        "touch",
        str(tmp_path / "started"),
    ]
    nobody = str(2**22 + 1)
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {HOLDER: nobody}, capture_output=True, check=False)
    assert done.returncode == 1
    assert not list(tmp_path.iterdir())
