from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.setup import environment
from cli.setup.environment import SetUpFailed, ensure_environment


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> list[list[Path]]:
    """The sets of requirements that were installed, one for each call of pip."""
    calls: list[list[Path]] = []

    def install(_folder: Path, requirements: list[Path], _log: Path) -> bool:
        calls.append(requirements)
        return True

    monkeypatch.setattr(environment, "_install", install)
    monkeypatch.setattr("venv.create", lambda folder, **_: folder.mkdir(exist_ok=True))
    return calls


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text("a==1\n")
    return path


def set_up(folder: Path, *requirements: Path) -> None:
    """Make the environment, and let it go, as the end of a process would."""
    os.close(ensure_environment(folder, list(requirements)))


def test_what_is_installed_is_not_installed_again(tmp_path: Path, requirements: Path, pip: list[list[Path]]) -> None:
    for _ in range(2):
        set_up(tmp_path / "venv", requirements)
    assert pip == [[requirements]]


def test_other_requirements_are_installed(tmp_path: Path, requirements: Path, pip: list[list[Path]]) -> None:
    set_up(tmp_path / "venv", requirements)
    requirements.write_text("a==2\n")
    set_up(tmp_path / "venv", requirements)
    assert len(pip) == 2


def test_the_tests_own_requirements_leave_the_apps_alone(
    tmp_path: Path, requirements: Path, pip: list[list[Path]]
) -> None:
    tools = tmp_path / "requirements-dev.txt"
    tools.write_text("b==1\n")
    for _ in range(2):
        set_up(tmp_path / "venv", requirements)
        set_up(tmp_path / "venv", requirements, tools)
    assert pip == [[requirements], [requirements, tools]]


def test_an_interrupted_set_up_is_done_again(
    tmp_path: Path, requirements: Path, pip: list[list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(environment, "_install", interrupted)
        with pytest.raises(KeyboardInterrupt):
            set_up(tmp_path / "venv", requirements)
    set_up(tmp_path / "venv", requirements)
    assert len(pip) == 1


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("WARNING: Retrying ... NewConnectionError\nERROR: No matching distribution found for a", "index cannot be"),
        ("ERROR: Could not find a version\nERROR: No matching distribution found for a", "No matching distribution"),
        ("", "pip failed"),
    ],
)
def test_a_failure_is_one_line_that_names_the_log(
    tmp_path: Path, requirements: Path, monkeypatch: pytest.MonkeyPatch, output: str, reason: str
) -> None:
    def fail(_folder: Path, _requirements: list[Path], log: Path) -> bool:
        log.write_text(output)
        return False

    monkeypatch.setattr(environment, "_install", fail)
    monkeypatch.setattr("venv.create", lambda folder, **_: folder.mkdir(exist_ok=True))
    with pytest.raises(SetUpFailed, match=rf"(?s:{reason}.*pip\.log$)"):
        set_up(tmp_path / "venv", requirements)


def test_a_python_without_venv_is_told(tmp_path: Path, requirements: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise subprocess.CalledProcessError(1, "ensurepip")

    monkeypatch.setattr("venv.create", fail)
    with pytest.raises(SetUpFailed, match="python3-venv"):
        set_up(tmp_path / "venv", requirements)


ANOTHER = "3.12.9 /opt/python3.12"


@pytest.fixture
def anothers(tmp_path: Path, requirements: Path, pip: list[list[Path]], monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment that another Python made, whole."""
    with monkeypatch.context() as patch:
        patch.setattr(environment, "_this_python", lambda: ANOTHER)
        set_up(tmp_path / "venv", requirements)
    pip.clear()
    return tmp_path / "venv"


def test_another_python_makes_the_environment_anew(anothers: Path, requirements: Path, pip: list[list[Path]]) -> None:
    set_up(anothers, requirements)
    assert pip == [[requirements]]
    assert ANOTHER not in (anothers / "made-by").read_text()


def test_another_python_leaves_an_environment_alone_while_a_stack_runs_on_it(
    anothers: Path, requirements: Path, pip: list[list[Path]], capsys: pytest.CaptureFixture[str]
) -> None:
    hold = "import fcntl, os, sys; fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_SH); print(); input()"
    command = [sys.executable, "-c", hold, str(anothers)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as stack:
        assert stack.stdout is not None
        stack.stdout.readline()
        set_up(anothers, requirements)
        assert pip == []
        assert (anothers / "made-by").read_text() == ANOTHER
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert "is in use" in said
        stack.communicate("\n")
    set_up(anothers, requirements)
    assert pip == [[requirements]]


def test_new_requirements_come_into_a_kept_environment_too(
    anothers: Path, requirements: Path, pip: list[list[Path]]
) -> None:
    requirements.write_text("a==2\n")
    in_use = os.open(anothers, os.O_RDONLY)
    fcntl.flock(in_use, fcntl.LOCK_SH)
    for _ in range(2):
        set_up(anothers, requirements)
    assert pip == [[requirements]]
    os.close(in_use)


def test_what_runs_in_the_environment_holds_it(tmp_path: Path, requirements: Path, pip: list[list[Path]]) -> None:
    use = ensure_environment(tmp_path / "venv", [requirements])
    other = os.open(tmp_path / "venv", os.O_RDONLY)
    with pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(use)
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(other)


def test_an_environment_is_its_base_pythons_whichever_environment_asked() -> None:
    # Asked from within: the tests' own environment, and one of the machine below it.
    base = getattr(sys, "_base_executable", sys.executable)
    ask = "from cli.setup.environment import _this_python as p; print(p())"
    said = {
        subprocess.run([python, "-c", ask], cwd=environment._ROOT, capture_output=True, text=True, check=True).stdout
        for python in (sys.executable, base)
    }
    assert said == {f"{sys.version} {os.path.realpath(base)}\n"}
