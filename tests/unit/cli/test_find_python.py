from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "cli" / "setup" / "find_python.sh"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (tmp_path / "cli" / "setup").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(sys.executable)
    return Path(shutil.copy(SCRIPT, tmp_path / "cli" / "setup"))


def found(script: Path, **settings: str) -> str:
    command = [shutil.which("bash") or "bash", "-euc", '. "$0"; echo "$python"', str(script)]
    environment = {"PATH": str(script.parents[2] / "bin")} | settings
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def own_python(script: Path, text: str) -> Path:
    path = script.parents[2] / ".venv" / "bin" / "python"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_the_python_of_the_environment_is_preferred_to_the_path(script: Path) -> None:
    own = own_python(script, "exit 0")
    assert Path(found(script)).resolve() == own
    assert found(script, PYTHON=sys.executable) == sys.executable


def test_without_a_working_environment_a_python_of_the_path_is_found(script: Path) -> None:
    assert found(script) == "python3"
    own_python(script, "exit 1")
    assert found(script) == "python3"
