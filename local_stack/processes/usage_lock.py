"""The usage lock of a stack: commands share it while they ask the stack, which holds it alone to start and to stop."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from local_stack.processes.pid_files import try_lock


class UsageLock:
    """A lock on a file, shared or exclusive; it ends with the process."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)

    def acquire_shared(self) -> bool:
        """Take the lock together with other commands until :meth:`close`; return False while one holds it alone."""
        return try_lock(self._file, fcntl.LOCK_SH)

    def acquire_exclusive(self) -> bool:
        """Take the lock alone until :meth:`release` or :meth:`close`; return False while others share it."""
        return try_lock(self._file, fcntl.LOCK_EX)

    def release(self) -> None:
        """Let other commands share the lock."""
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Release the lock and close its file."""
        os.close(self._file)
