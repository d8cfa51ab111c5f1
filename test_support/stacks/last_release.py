"""The source tree of the last release, which runs with the packages of this version.

``python -m tools.last_release`` makes the archive. It is a file, because a shallow clone has no history.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

from tools.last_release import ARCHIVE


def write_last_release(folder: Path) -> None:
    """Write the tree of the last release into a folder."""
    with tarfile.open(ARCHIVE) as archive:
        # By hand: Debian 12's Python does not know the filters of extractall(), and later ones warn without one.
        for member in archive:
            file = archive.extractfile(member)
            if file is not None:  # a folder has no content
                path = folder / member.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(file.read())


def file_of_last_release(path: str) -> bytes | None:
    """Return the content that a file had in the last release, or None if it had no such file."""
    with tarfile.open(ARCHIVE) as archive:
        file = archive.extractfile(path) if path in archive.getnames() else None
        return file.read() if file else None
