"""``python -m tools.last_release v0.3.0`` writes the services of a release into an archive.

A test runs them beside those of this version, as an upgrade does.
"""

from __future__ import annotations

import argparse
import lzma
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ARCHIVE = ROOT / "tests" / "faults" / "last_release.tar.xz"
FOLDERS = ("common", "forecast_service", "ingestion_service", "static", "webserver")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the archive."""
    parser = argparse.ArgumentParser(prog="python -m tools.last_release", description=main.__doc__)
    parser.add_argument("commit", help="the tag or the commit of the release")
    commit = parser.parse_args(arguments).commit
    tree = subprocess.run(  # noqa: S603 - the developer names the commit
        ["git", "archive", "--format=tar", commit, *FOLDERS],  # noqa: S607
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    ARCHIVE.write_bytes(lzma.compress(tree, preset=9))
    return 0


if __name__ == "__main__":
    sys.exit(main())
