from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from cli.setup import installer
from cli.setup.installer import SetUpFailed, install

LIST = Path("requirements.txt")


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment whose Python installs a uv that prints its arguments."""
    for name in ("UV_INDEX_URL", *(name for name in os.environ if name.startswith("PIP_"))):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.defpath}")
    own = tmp_path / "venv" / "bin" / "uv"
    program(tmp_path / "written", 'echo "own uv $* UV_INDEX_URL=$UV_INDEX_URL"')
    program(
        tmp_path / "venv" / "bin" / "python",
        f'echo "python $*"; case "$*" in *uv.txt) cp {tmp_path}/written {own};; esac',
    )
    return tmp_path / "venv"


def test_uv_on_the_path_installs(folder: Path) -> None:
    program(folder.parent / "bin" / "uv", 'echo "uv of the path: $*"')
    install(folder, [LIST])
    log = (folder / "install.log").read_text()
    assert log == f"uv of the path: pip install --python {folder}/bin/python -r {LIST}\n"


def test_without_uv_pip_installs_it_first(folder: Path) -> None:
    install(folder, [LIST], reinstall=True)
    ensured, pip, uv = (folder / "install.log").read_text().splitlines()
    assert ensured == "python -m ensurepip"
    assert pip.startswith("python -m pip install ")
    assert uv.startswith(f"own uv pip install --python {folder}/bin/python --reinstall -r {LIST} ")


def test_broken_shim_of_uv_on_the_path_is_not_used(folder: Path) -> None:
    program(folder.parent / "bin" / "uv", "exit 127")
    install(folder, [LIST])
    assert "own uv" in (folder / "install.log").read_text()


def test_uv_of_the_environment_is_not_installed_again(folder: Path) -> None:
    for _ in range(2):
        install(folder, [LIST])
    assert "ensurepip" not in (folder / "install.log").read_text()


def test_python_without_pip_is_an_error_with_advice(folder: Path) -> None:
    program(folder / "bin" / "python", "exit 1")
    with pytest.raises(SetUpFailed, match=r"no pip.*python3-venv.*uv"):
        install(folder, [LIST])


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (
            "error: Request failed\n  cause: client error (Connect)",
            "The package index cannot be reached. Check the net",
        ),
        ("error: No solution found when resolving dependencies\n  cause: a", "No solution found when resolving"),
        ("", "The packages could not be installed. See"),
    ],
)
def test_failure_is_one_line_that_names_the_log(folder: Path, output: str, reason: str) -> None:
    program(folder.parent / "bin" / "uv", f'[ "$1" = --version ] && echo uv && exit; echo "{output}" >&2; exit 1')
    with pytest.raises(SetUpFailed) as failure:
        install(folder, [LIST])
    assert str(failure.value).startswith(reason)
    assert str(folder / "install.log") in str(failure.value)
    assert "\n" not in str(failure.value)


def test_uv_receives_pips_index_unless_it_has_its_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "bin" / "python").unlink()
    (folder / "bin" / "python").symlink_to(sys.executable)
    shutil.copy(folder.parent / "written", folder / "bin" / "uv")
    configuration = folder.parent / "pip.conf"
    configuration.write_text(
        "[global]\nindex-url = https://a.example/simple\n[install]\nindex-url = https://b.example\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
    seen = []
    for name, value in (("", ""), ("PIP_INDEX_URL", "https://c.example"), ("UV_INDEX_URL", "https://d.example")):
        if name:
            monkeypatch.setenv(name, value)
        install(folder, [LIST])
        seen.append((folder / "install.log").read_text().split("UV_INDEX_URL=")[1].strip())
    assert seen == ["https://b.example", "https://c.example", "https://d.example"]


def test_settings_of_the_index_are_translated_for_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = (
        "global.extra-index-url='https://a/simple https://b/simple'\n:env:.find-links='/one /two'\nglobal.cert='/ca'\n"
    )
    monkeypatch.setattr(installer, "_output_of", lambda _command: listed)
    settings = installer._uv_settings("python")
    assert settings["UV_EXTRA_INDEX_URL"] == "https://a/simple https://b/simple"
    assert settings["UV_FIND_LINKS"] == "/one,/two"
    assert settings["SSL_CERT_FILE"] == "/ca"
