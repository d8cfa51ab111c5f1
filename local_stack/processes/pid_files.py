"""Process files: each holds the id of a running process, which keeps the file locked.

The system uses ids again, so an id alone proves nothing. The lock ends with the process, however it ends. A program
that the process becomes inherits the lock, and so do the processes that it forks, all of one process group. This
module imports the standard library only, because it runs before every program.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

_TRIES, _PAUSE = 25, 0.02


class HeldByAnother(Exception):
    """Another running process holds the file."""


def claim(path: Path) -> int:
    """Write this process's id into ``path`` and lock it; closing the returned descriptor releases it.

    Raises:
        HeldByAnother: another process holds it.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    if not lock_alone(file):
        os.close(file)
        raise HeldByAnother(path)
    os.ftruncate(file, 0)
    os.write(file, str(os.getpid()).encode())
    return file


def holder(path: Path) -> int | None:
    """Return the id of the running process that holds ``path``, or None."""
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        if try_lock(file, fcntl.LOCK_SH):
            return None
        written = os.read(file, 20)
    finally:
        os.close(file)
    return int(written) if written.isdigit() else None


def try_lock(file: int, kind: int) -> bool:
    """Take or change a lock (``fcntl.LOCK_SH``, ``LOCK_EX``) without waiting; return whether that succeeded."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock_alone(file: int) -> bool:
    """Take a lock alone; return False if another process holds it for longer than a probe does."""
    for _ in range(_TRIES):
        if try_lock(file, fcntl.LOCK_EX):
            return True
        time.sleep(_PAUSE)
    return False
