"""The door of a stack: open while it can be asked, shut while it starts and stops."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from local_stack.processes.pid_files import try_lock


class UsageLock:
    """A lock that guests share and the owner has alone; whoever dies lets go of it."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)

    def enter(self) -> bool:
        """Be inside until :meth:`close`, so that the owner waits; False where it is shut."""
        return try_lock(self._file, fcntl.LOCK_SH)

    def shut(self) -> bool:
        """Keep others out until :meth:`open` or :meth:`close`; False while somebody is inside."""
        return try_lock(self._file, fcntl.LOCK_EX)

    def open(self) -> None:
        """Let others in."""
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Leave it, and let go."""
        os.close(self._file)
