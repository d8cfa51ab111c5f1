"""The source tree of the last release, from the history of the repository.

``tests/faults/last_release.txt`` names it. It runs with the packages of this version.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from test_support.paths import ROOT

FILE = ROOT / "tests" / "faults" / "last_release.txt"
_NO_HISTORY = "the repository has no commit {commit}, that of release {version}: run git fetch --unshallow --tags"


class NoHistory(Exception):
    """The clone of the repository is shallow."""


def last_release() -> tuple[str, str]:
    """Return the version of the last release and its commit.

    Raises:
        NoHistory: the clone of the repository does not have the commit.
    """
    version, commit = FILE.read_text().split()
    if _git("cat-file", "-e", f"{commit}^{{commit}}").returncode:
        raise NoHistory(_NO_HISTORY.format(commit=commit[:12], version=version))
    return version, commit


def write_last_release(folder: Path) -> None:
    """Write the tree of the last release into an empty folder."""
    _version, commit = last_release()
    archive = _git("archive", commit).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)


def file_of_last_release(path: str) -> bytes | None:
    """Return the content that a file had in the last release, or None if it had no such file."""
    _version, commit = last_release()
    found = _git("show", f"{commit}:{path}")
    return None if found.returncode else found.stdout


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)
