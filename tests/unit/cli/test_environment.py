from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.setup import environment
from cli.setup.environment import ensure_environment
from cli.setup.installer import SetUpFailed


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[list[Path]]:
    """The lists of each installation."""
    calls: list[list[Path]] = []
    monkeypatch.setattr(environment, "install", lambda _folder, lists, **_: calls.append(lists))
    monkeypatch.setattr("venv.create", make_folder)
    return calls


def make_folder(folder: Path, **_: object) -> None:
    """Make an empty environment without the time of a real one."""
    for file in folder.iterdir():
        file.unlink()


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text("a==1\n")
    return path


def set_up(folder: Path, *requirements: Path) -> None:
    """Make the environment and release its lock, as the end of a process does."""
    os.close(ensure_environment(folder, list(requirements)))


def test_second_start_installs_nothing(tmp_path: Path, requirements: Path, installed: list[list[Path]]) -> None:
    for _ in range(2):
        set_up(tmp_path / "venv", requirements)
    assert installed == [[requirements]]


def test_changed_list_is_installed(tmp_path: Path, requirements: Path, installed: list[list[Path]]) -> None:
    set_up(tmp_path / "venv", requirements)
    requirements.write_text("a==2\n")
    set_up(tmp_path / "venv", requirements)
    assert len(installed) == 2


def test_app_and_tools_have_separate_stamps(tmp_path: Path, requirements: Path, installed: list[list[Path]]) -> None:
    tools = tmp_path / "requirements-dev.txt"
    tools.write_text("b==1\n")
    for _ in range(2):
        set_up(tmp_path / "venv", requirements)
        set_up(tmp_path / "venv", requirements, tools)
    assert installed == [[requirements], [requirements, tools]]


def interrupt(folder: Path, *requirements: Path) -> None:
    """Interrupt a set-up while it installs."""

    def interrupted(*_: object, **__: object) -> None:
        (folder / "half a package").touch()
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(environment, "install", interrupted)
        with pytest.raises(KeyboardInterrupt):
            set_up(folder, *requirements)


def test_interrupted_set_up_is_done_again_from_nothing(
    tmp_path: Path, requirements: Path, installed: list[list[Path]]
) -> None:
    interrupt(tmp_path / "venv", requirements)
    set_up(tmp_path / "venv", requirements)
    assert len(installed) == 1
    assert not (tmp_path / "venv" / "half a package").exists()


def test_interrupted_set_up_of_the_tools_is_repaired_before_the_app_starts(
    tmp_path: Path, requirements: Path, installed: list[list[Path]]
) -> None:
    set_up(tmp_path / "venv", requirements)
    tools = tmp_path / "requirements-dev.txt"
    tools.write_text("b==1\n")
    interrupt(tmp_path / "venv", requirements, tools)
    set_up(tmp_path / "venv", requirements)
    assert installed == [[requirements], [requirements]]


def test_interrupted_set_up_is_repaired_in_place_under_a_running_stack(
    tmp_path: Path, requirements: Path, monkeypatch: pytest.MonkeyPatch, installed: list[list[Path]]
) -> None:
    folder = tmp_path / "venv"
    stack = ensure_environment(folder, [requirements])
    requirements.write_text("a==2\n")
    interrupt(folder, requirements)
    repairs: list[bool] = []
    monkeypatch.setattr(environment, "install", lambda *_, reinstall: repairs.append(reinstall))
    set_up(folder, requirements)
    os.close(stack)
    assert repairs == [True]
    assert (folder / "half a package").exists()


def test_unwritable_folder_is_an_error_with_advice(requirements: Path) -> None:
    with pytest.raises(SetUpFailed, match=r"^/sys/venv cannot be set up: .*\. Check the folder's permissions"):
        set_up(Path("/sys/venv"), requirements)


ANOTHER = "3.12.9 /opt/python3.12"


@pytest.fixture
def made_by_another(
    tmp_path: Path, requirements: Path, installed: list[list[Path]], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A complete environment that another Python made."""
    with monkeypatch.context() as patch:
        patch.setattr(environment, "_this_python", lambda: ANOTHER)
        set_up(tmp_path / "venv", requirements)
    installed.clear()
    return tmp_path / "venv"


def test_another_python_makes_a_new_environment(
    made_by_another: Path, requirements: Path, installed: list[list[Path]]
) -> None:
    set_up(made_by_another, requirements)
    assert installed == [[requirements]]
    assert ANOTHER not in (made_by_another / "made-by").read_text()


def test_environment_of_another_python_is_kept_while_a_stack_runs_in_it(
    made_by_another: Path, requirements: Path, installed: list[list[Path]], capsys: pytest.CaptureFixture[str]
) -> None:
    hold = "import fcntl, os, sys; fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_SH); print(); input()"
    command = [sys.executable, "-c", hold, str(made_by_another)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as stack:
        assert stack.stdout is not None
        stack.stdout.readline()
        set_up(made_by_another, requirements)
        assert installed == []
        assert (made_by_another / "made-by").read_text() == ANOTHER
        output = capsys.readouterr().err
        assert output.count("\n") == 1
        assert "is in use" in output
        stack.communicate("\n")
    set_up(made_by_another, requirements)
    assert installed == [[requirements]]


def test_changed_list_is_installed_into_a_kept_environment(
    made_by_another: Path, requirements: Path, installed: list[list[Path]]
) -> None:
    requirements.write_text("a==2\n")
    in_use = os.open(made_by_another, os.O_RDONLY)
    fcntl.flock(in_use, fcntl.LOCK_SH)
    for _ in range(2):
        set_up(made_by_another, requirements)
    assert installed == [[requirements]]
    os.close(in_use)


def test_set_up_returns_a_lock_on_the_environment(
    tmp_path: Path, requirements: Path, installed: list[list[Path]]
) -> None:
    use = ensure_environment(tmp_path / "venv", [requirements])
    other = os.open(tmp_path / "venv", os.O_RDONLY)
    with pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(use)
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(other)


def test_maker_is_the_base_python_inside_and_outside_an_environment() -> None:
    # Asked from within: the tests' own environment, and one of the machine below it.
    base = getattr(sys, "_base_executable", sys.executable)
    ask = "from cli.setup.environment import _this_python as p; print(p())"
    makers = {
        subprocess.run([python, "-c", ask], cwd=environment._ROOT, capture_output=True, text=True, check=True).stdout
        for python in (sys.executable, base)
    }
    assert makers == {f"{sys.version} {os.path.realpath(base)}\n"}
