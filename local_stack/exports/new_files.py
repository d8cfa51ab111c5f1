"""A file that appears under its name when it is complete."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def writing_new_file(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file in the folder of ``path``, and give it this name at the end of the block.

    An exception leaves neither the temporary file nor a change of an earlier file of this name.

    Raises:
        OSError: the file cannot be written.
    """
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fchmod(file.fileno(), _usual_mode())
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _usual_mode() -> int:
    """Return the mode of a new file of this process. A temporary file is private."""
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask
