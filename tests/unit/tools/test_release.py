"""The version is in one place, and a tag is released only if it is that version's."""

import re
import shutil
import subprocess
import sys
from datetime import date

import pytest

from common.runtime.version import USER_AGENT, VERSION
from test_support.paths import ROOT
from tools import release
from tools.release import FILES, ReleaseRefused, check_tag, find_versions, release_notes, set_version

CHANGES = """# Changelog

## [Unreleased]

### Added
- Something new.

## [0.2.0] - 2026-11-28

First.

### Fixed
- A fault.

## [0.1.0] - 2026-01-01

"""


def test_every_file_that_repeats_the_version_has_this_one():
    versions = find_versions()
    assert {number for found in versions.values() for number in found} == {VERSION}, versions
    assert {"pyproject.toml", "uv.lock", "dockerfiles/check.sh", "k8s/base/webserver.yaml"} <= set(versions)
    latest = re.search(r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert latest[1] == VERSION


def test_a_new_version_is_written_into_all_files_and_heads_the_unreleased_changes(tmp_path, monkeypatch):
    for pattern in FILES:
        for path in ROOT.glob(pattern):
            copy = tmp_path / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    (tmp_path / "CHANGELOG.md").write_text(CHANGES)
    before = set(find_versions())
    monkeypatch.setattr(release, "ROOT", tmp_path)
    monkeypatch.setattr(release, "CHANGELOG", tmp_path / "CHANGELOG.md")
    set_version("10.20.30", date(2027, 1, 2))
    assert find_versions() == {path: {"10.20.30"} for path in before}
    changes = (tmp_path / "CHANGELOG.md").read_text()
    assert "## [Unreleased]\n\n## [10.20.30] - 2027-01-02\n\n### Added\n- Something new.\n\n## [0.2.0]" in changes
    with pytest.raises(ReleaseRefused, match="next version"):
        set_version("10.20.30", date(2027, 1, 2))


@pytest.mark.parametrize("version", ["1.0", "v1.0.0", "1.0.0-rc1", "1.0.0\n", ""])
def test_only_three_numbers_are_a_version(version):
    with pytest.raises(ReleaseRefused, match="three numbers"):
        set_version(version, date(2027, 1, 2))


def test_the_notes_are_the_section_of_the_version():
    assert release_notes(CHANGES, "0.2.0") == "First.\n\n### Fixed\n- A fault.\n"


@pytest.mark.parametrize("version", ["0.1.0", "0.3.0", "0x2.0"])
def test_a_version_without_changes_is_not_released(version):
    with pytest.raises(ReleaseRefused, match="no changes"):
        release_notes(CHANGES, version)


@pytest.mark.parametrize("tag", ["v0.0.1", VERSION, f"v{VERSION}-rc1", f"v{VERSION}.1", ""])
def test_a_tag_of_another_version_is_refused(tag):
    with pytest.raises(ReleaseRefused, match="The tag is"):
        check_tag(tag, CHANGES)


def test_the_tag_of_this_version_is_accepted():
    check_tag(f"v{VERSION}", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    command = [sys.executable, "-m", "tools.release", "check", "v0.0.1"]
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert refused.stderr.startswith("error: The tag is v0.0.1")


@pytest.mark.parametrize("program", ["webserver", "ingestion_service", "forecast_service"])
def test_each_service_prints_its_version(program):
    command = [sys.executable, "-m", program, "--version"]
    assert subprocess.check_output(command, cwd=ROOT, text=True) == f"{program} {VERSION}\n"


def test_the_command_line_prints_its_version_before_any_set_up(tmp_path):
    code = "cli/setup/bootstrap.py"
    command = [sys.executable, "-I", "-S", code, str(tmp_path / "none"), "requirements.txt", "--run", "--version"]
    assert subprocess.check_output(command, cwd=ROOT, text=True) == f"Stockcast {VERSION}\n"
    assert not (tmp_path / "none").exists()


def test_every_user_agent_is_that_of_the_version():
    packages = ("common", "webserver", "ingestion_service", "forecast_service", "cli", "local_stack")
    sources = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    sent = {
        value
        for path in sources
        for value in re.findall(r'["\'](?i:user-agent)["\'](?:: |\] = )([^,} ]+)', path.read_text(encoding="utf-8"))
    }
    assert {value.removeprefix('f"{').strip() for value in sent} == {"USER_AGENT"}
    assert f"Stockcast/{VERSION}" == USER_AGENT
