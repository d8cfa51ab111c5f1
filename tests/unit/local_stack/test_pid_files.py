from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local_stack.processes.pid_files import AlreadyClaimed, claim, find_holder
from local_stack.programs import ROOT

CLAIM_AND_WAIT = """
import os, sys
from pathlib import Path
from local_stack.processes.pid_files import claim
os.set_inheritable(claim(Path(sys.argv[1])), True)
print("claimed", flush=True)
sys.stdin.readline()
os.execvp("sh", ["sh", "-c", "echo another program; exec sleep 60"])
"""


def claimer(path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CLAIM_AND_WAIT, str(path)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "claimed\n"
    return process


def test_a_file_has_a_holder_until_its_process_ends(tmp_path: Path) -> None:
    with claimer(tmp_path / "pid") as process:
        assert find_holder(tmp_path / "pid") == process.pid
        process.kill()
    assert find_holder(tmp_path / "pid") is None


def test_a_program_that_the_process_becomes_stays_the_holder(tmp_path: Path) -> None:
    with claimer(tmp_path / "pid") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("go on\n")
        process.stdin.flush()
        assert process.stdout.readline() == "another program\n"
        assert find_holder(tmp_path / "pid") == process.pid
        process.kill()
    assert find_holder(tmp_path / "pid") is None


def test_a_file_without_a_lock_has_no_holder(tmp_path: Path) -> None:
    (tmp_path / "pid").write_text(str(os.getpid()))
    assert find_holder(tmp_path / "pid") is None
    assert find_holder(tmp_path / "none") is None


def test_a_file_is_claimed_once(tmp_path: Path) -> None:
    with claimer(tmp_path / "pid") as process:
        with pytest.raises(AlreadyClaimed):
            claim(tmp_path / "pid")
        process.kill()
    os.close(claim(tmp_path / "pid"))
