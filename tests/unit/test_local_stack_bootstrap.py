from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from local_stack import bootstrap
from local_stack.bootstrap import SetUpFailed, ensure_environment


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> list[list[Path]]:
    """The sets of requirements that were installed, one for each call of pip."""
    calls: list[list[Path]] = []

    def install(_folder: Path, requirements: list[Path], _log: Path) -> bool:
        calls.append(requirements)
        return True

    monkeypatch.setattr(bootstrap, "_install", install)
    monkeypatch.setattr("venv.create", lambda folder, **_: folder.mkdir(exist_ok=True))
    return calls


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text("a==1\n")
    return path


def test_what_is_installed_is_not_installed_again(tmp_path: Path, requirements: Path, pip: list[list[Path]]) -> None:
    for _ in range(2):
        ensure_environment(tmp_path / "venv", [requirements])
    assert pip == [[requirements]]


def test_other_requirements_are_installed(tmp_path: Path, requirements: Path, pip: list[list[Path]]) -> None:
    ensure_environment(tmp_path / "venv", [requirements])
    requirements.write_text("a==2\n")
    ensure_environment(tmp_path / "venv", [requirements])
    assert len(pip) == 2


def test_the_tests_own_requirements_leave_the_apps_alone(
    tmp_path: Path, requirements: Path, pip: list[list[Path]]
) -> None:
    tools = tmp_path / "requirements-dev.txt"
    tools.write_text("b==1\n")
    for _ in range(2):
        ensure_environment(tmp_path / "venv", [requirements])
        ensure_environment(tmp_path / "venv", [requirements, tools])
    assert pip == [[requirements], [requirements, tools]]


def test_an_interrupted_set_up_is_done_again(
    tmp_path: Path, requirements: Path, pip: list[list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(bootstrap, "_install", interrupted)
        with pytest.raises(KeyboardInterrupt):
            ensure_environment(tmp_path / "venv", [requirements])
    ensure_environment(tmp_path / "venv", [requirements])
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

    monkeypatch.setattr(bootstrap, "_install", fail)
    monkeypatch.setattr("venv.create", lambda folder, **_: folder.mkdir(exist_ok=True))
    with pytest.raises(SetUpFailed, match=rf"(?s:{reason}.*pip\.log$)"):
        ensure_environment(tmp_path / "venv", [requirements])


def test_a_python_without_venv_is_told(tmp_path: Path, requirements: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise subprocess.CalledProcessError(1, "ensurepip")

    monkeypatch.setattr("venv.create", fail)
    with pytest.raises(SetUpFailed, match="python3-venv"):
        ensure_environment(tmp_path / "venv", [requirements])
