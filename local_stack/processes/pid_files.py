"""Files that say which process is at work, and stay true: the process holds a lock on its file for as long as it lives.

A number alone may be anybody's by now. The lock ends with the process, however that ends; a program that the process
becomes keeps it, and so do those that it forks: they are of its process group. Standard library only, as the leash is.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

_TRIES, _PAUSE = 25, 0.02


class HeldByAnother(Exception):
    """The file belongs to another process, which is alive."""


def claim(path: Path) -> int:
    """Write this process's id into ``path``; it is held until the descriptor that is returned is closed.

    Raises:
        HeldByAnother: another process has it.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    if not lock_alone(file):
        os.close(file)
        raise HeldByAnother(path)
    os.ftruncate(file, 0)
    os.write(file, str(os.getpid()).encode())
    return file


def holder(path: Path) -> int | None:
    """Return the id of the living process that claimed ``path``, or None where there is none."""
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
    """Take or change a lock (``fcntl.LOCK_SH``, ``LOCK_EX``) if that can be done without waiting."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock_alone(file: int) -> bool:
    """Take a lock that nobody shares; False where somebody has it for longer than it takes to look at it."""
    for _ in range(_TRIES):
        if try_lock(file, fcntl.LOCK_EX):
            return True
        time.sleep(_PAUSE)
    return False
