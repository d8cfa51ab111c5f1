"""Run a program that ends with its parent.

``python -m local_stack.processes.parent_death_signal PID_FILE SIGNAL COMMAND…``

On Linux the kernel sends the signal when the parent dies, even by SIGKILL. No program then keeps its port after its
parent. On other systems the program runs without this. The program holds ``PID_FILE``
(:mod:`local_stack.processes.pid_files`).

This module runs before every program, so it imports the standard library only.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

from local_stack.processes.pid_files import claim

PARENT_PID = "STOCKCAST_PARENT_PID"
"""The environment variable with the process id of the parent."""

_PR_SET_PDEATHSIG = 1


def death_signal_command(pid_file: Path, stop_signal: str = "TERM") -> tuple[str, ...]:
    """Return the words before a command. The kernel then sends ``stop_signal`` to its program when the parent dies."""
    return sys.executable, "-m", __name__, str(pid_file), stop_signal


def end_with_parent(parent: int, stop_signal: str) -> None:
    """Make the kernel send ``stop_signal`` to this process when its parent dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.Signals[f"SIG{stop_signal}"])
    # The parent may have died before the call.
    if os.getppid() != parent:
        sys.exit("the parent process has ended")


def main() -> None:
    """Set the parent-death signal, claim the process file, and become the program."""
    pid_file, stop_signal, *command = sys.argv[1:]
    end_with_parent(int(os.environ.get(PARENT_PID, os.getppid())), stop_signal)
    own = Path(pid_file)
    own.unlink(missing_ok=True)  # workers of an earlier run may still hold the old file
    os.set_inheritable(claim(own), True)
    os.environ[PARENT_PID] = str(os.getpid())
    os.execvp(command[0], command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
