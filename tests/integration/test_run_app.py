"""What ./run_app.sh says where there is no starting."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import free_port

ROOT = Path(__file__).resolve().parents[2]


def run(command: list[str], cwd: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, timeout=100, check=False
    )


def run_command_line(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run what run_app.sh ends in, with the Python of the tests."""
    command = [sys.executable, "-P", "-m", "local_stack", *arguments]
    return run(command, cwd, environment | {"PYTHONPATH": str(ROOT)})


def assert_one_line_of_error(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    for part in parts:
        assert part in done.stderr


@pytest.fixture
def fresh_clone(tmp_path: Path) -> Path:
    """The few files that make the environment, in a folder with a space in its name."""
    clone = tmp_path / "a clone"
    (clone / "local_stack").mkdir(parents=True)
    for name in ("run_app.sh", "requirements.txt", "local_stack/find_python.sh", "local_stack/bootstrap.py"):
        shutil.copy(ROOT / name, clone / name)
    return clone


def test_a_python_too_old_is_told(fresh_clone: Path) -> None:
    old = fresh_clone / "old python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = run([str(fresh_clone / "run_app.sh")], ROOT, {"PYTHON": str(old)})
    assert_one_line_of_error(done, "Python 3.11 or newer is needed", str(old))


def test_a_package_index_out_of_reach_is_told(fresh_clone: Path, tmp_path: Path) -> None:
    # Nothing listens there, and no configuration or cache of this machine helps.
    settings = {
        "PYTHON": sys.executable,
        "PIP_INDEX_URL": f"http://127.0.0.1:{free_port()}/simple",
        "PIP_CONFIG_FILE": os.devnull,
    }
    settings |= {"PIP_FIND_LINKS": "", "PIP_NO_CACHE_DIR": "1", "HOME": str(tmp_path)}
    done = run([str(fresh_clone / "run_app.sh")], ROOT, settings)
    progress, error = done.stderr.splitlines()
    assert progress.startswith("setting up ")
    assert error.startswith("error: ")
    assert "cannot be reached" in error
    assert "pip.log" in error
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.parametrize("port", ["80", "web", "70000"])
def test_a_port_that_is_none_is_told(port: str) -> None:
    assert_one_line_of_error(run_command_line(PORT=port), "PORT must be a number", port)


def test_a_port_in_use_is_told_with_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        other.listen()
        done = run_command_line(PORT=str(port))
    assert_one_line_of_error(done, f"port {port} is in use by another program", "PORT=", "./run_app.sh")


def test_a_question_that_cannot_be_asked_starts_nothing() -> None:
    port = str(free_port())
    assert_one_line_of_error(run_command_line("forecast", "../x", PORT=port), "(invalid_ticker)")
    assert_one_line_of_error(run_command_line("forecast", "AAPL", "--days", "0", PORT=port), "(invalid_days)")
    assert not (ROOT / ".data" / port).exists()


def test_a_picture_that_cannot_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    done = run_command_line("forecast", "AAPL", "--out", str(tmp_path / "none" / "p.png"), PORT=str(free_port()))
    assert_one_line_of_error(done, "--out")


def test_wrong_usage_has_its_own_status(tmp_path: Path) -> None:
    # In another folder, where a file takes the name of a package.
    (tmp_path / "redis.py").write_text("raise SystemExit('the wrong file was imported')")
    done = run_command_line("forecast", "AAPL", "--days", "many", cwd=tmp_path)
    assert done.returncode == 2
    assert "--days" in done.stderr


def test_help_is_for_strangers() -> None:
    done = run_command_line("--help")
    assert done.returncode == 0
    for part in ("forecast", "serve", "PORT=5050 ./run_app.sh", "Ctrl-C"):
        assert part in done.stdout
