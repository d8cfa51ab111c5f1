from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local_stack.processes.parent_death_signal import PARENT_PID, death_signal_command
from local_stack.programs import ROOT
from test_support.waiting import until

HOLD = """
import subprocess, sys, time
from pathlib import Path
from local_stack.processes.parent_death_signal import death_signal_command
subprocess.Popen([*death_signal_command(Path(sys.argv[1])), "sleep", "3600"])
time.sleep(3600)
"""


def is_running(pid: int, program: str) -> bool:
    try:
        return program in Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux sends a signal when the parent dies")
def test_a_program_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    environment = {name: value for name, value in os.environ.items() if name != PARENT_PID}
    with subprocess.Popen([sys.executable, "-c", HOLD, str(pid_file)], cwd=ROOT, env=environment) as holder:
        until(lambda: pid_file.exists() and pid_file.read_text())
        pid = int(pid_file.read_text())
        until(lambda: is_running(pid, "sleep"))
        holder.kill()
    until(lambda: not is_running(pid, "sleep"))


def test_a_program_whose_parent_has_ended_does_not_start(tmp_path: Path) -> None:
    command = [*death_signal_command(tmp_path / "pid"), "touch", str(tmp_path / "started")]
    unused_pid = str(2**22 + 1)
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {PARENT_PID: unused_pid}, capture_output=True, check=False
    )
    assert done.returncode == 1
    assert not list(tmp_path.iterdir())
