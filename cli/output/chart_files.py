"""The picture of a forecast on disk: where it goes, and that nobody sees half of it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from common.domain.questions import Question


class NoPlace(Exception):
    """The pictures cannot be written where they were sent."""


def picture_paths(questions: list[Question], out: Path | None) -> list[Path]:
    """Say where the pictures go: into the current folder, the folder ``out``, or, of one forecast, the file ``out``.

    Raises:
        NoPlace: they cannot be written there; better said before the work than after it.
    """
    if out is not None and not out.is_dir():
        if len(questions) > 1:
            raise NoPlace(f"{out} is no folder for several pictures: name an existing one with --out")
        paths = [out]
    else:
        paths = [(out or Path()) / f"{question.ticker}-{question.days}d.png" for question in questions]
    for path in paths:
        if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
            raise NoPlace(f"the picture cannot be written to {path}: give another file with --out")
    return paths


def write_picture(path: Path, png: bytes) -> None:
    """Write the picture so that nobody ever sees half of it; into a device or a pipe, as it comes."""
    path = path.resolve()
    if path.exists() and not path.is_file():
        path.write_bytes(png)
        return
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(png)
    temporary = Path(file.name)
    # A temporary file is for its owner alone; a picture is a file like any other.
    mask = os.umask(0)
    os.umask(mask)
    temporary.chmod(0o666 & ~mask)
    temporary.replace(path)
