"""Run a program that ends with its parent.

``python -m local_stack.processes.parent_death_signal PID_FILE SIGNAL COMMAND…``

On Linux the kernel sends the signal when the parent dies, even by SIGKILL, so that no program is left behind with its
port. Elsewhere the program just runs. It holds ``PID_FILE`` (:mod:`local_stack.processes.pid_files`). This module
imports the standard library only, because it runs before every program.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

from local_stack.processes.pid_files import claim

HOLDER = "STOCKCAST_LEASH_HOLDER"
"""The environment variable with the process id of the parent."""

_PR_SET_PDEATHSIG = 1


def tied_command(pid_file: Path, stop_signal: str = "TERM") -> tuple[str, ...]:
    """Return the beginning of a command whose program gets ``stop_signal`` when its parent dies."""
    return sys.executable, "-m", __name__, str(pid_file), stop_signal


def tie_to(holder: int, stop_signal: str) -> None:
    """Have this process end when ``holder``, its parent, does."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.Signals[f"SIG{stop_signal}"])
    # It may have died before the call.
    if os.getppid() != holder:
        sys.exit("the parent process is gone")


def main() -> None:
    """Tie this process to its parent, then become the program."""
    pid_file, stop_signal, *command = sys.argv[1:]
    tie_to(int(os.environ.get(HOLDER, os.getppid())), stop_signal)
    own = Path(pid_file)
    own.unlink(missing_ok=True)  # workers that an earlier run of the program left behind may still hold it
    os.set_inheritable(claim(own), True)
    os.environ[HOLDER] = str(os.getpid())
    os.execvp(command[0], command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
