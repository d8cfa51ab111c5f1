"""Process files. Each contains the id of a running process that keeps the file locked.

The system reuses ids, so an id alone does not identify a process. The lock ends with the process in every case. The
program that the process becomes inherits the lock, and so do its forked children. All are in one process group. This
module runs before every program, so it imports the standard library only.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

_TRIES, _PAUSE = 25, 0.02


class AlreadyClaimed(Exception):
    """Another running process holds the process file."""


def claim(path: Path) -> int:
    """Write this process's id into ``path`` and lock the file. Closing the returned descriptor releases the lock.

    Raises:
        AlreadyClaimed: another process holds it.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    if not lock_exclusively(file):
        os.close(file)
        raise AlreadyClaimed(path)
    os.ftruncate(file, 0)
    os.write(file, str(os.getpid()).encode())
    return file


def find_holder(path: Path) -> int | None:
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


def lock_exclusively(file: int) -> bool:
    """Take an exclusive lock. Return False if another process holds the lock for longer than a probe does."""
    for _ in range(_TRIES):
        if try_lock(file, fcntl.LOCK_EX):
            return True
        time.sleep(_PAUSE)
    return False
