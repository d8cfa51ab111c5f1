"""The usage lock of a stack. Commands share it while they use the stack. Starting and stopping take it exclusively."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from local_stack.processes.pid_files import try_lock


class UsageLock:
    """A shared or exclusive lock on a file. It ends with the process."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)

    def acquire_shared(self) -> bool:
        """Share the lock with other commands until :meth:`close`. Return False while it is held exclusively."""
        return try_lock(self._file, fcntl.LOCK_SH)

    def acquire_exclusive(self) -> bool:
        """Hold the lock exclusively until :meth:`release` or :meth:`close`. Return False while others share it."""
        return try_lock(self._file, fcntl.LOCK_EX)

    def release(self) -> None:
        """Let other commands share the lock."""
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Release the lock and close its file."""
        os.close(self._file)
