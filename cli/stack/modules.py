"""Commands that run as a process in the stack's environment, which holds the addresses and keys of the stores."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from local_stack.processes.interrupts import Interrupts
from local_stack.programs import ROOT

_PAUSE = 0.1


def run_module(module: str, arguments: Sequence[str], environment: Mapping[str, str], interrupts: Interrupts) -> int:
    """Run ``python -m MODULE ARGUMENTS`` and return its exit status.

    The first signal is forwarded as SIGINT: a refresh then prints its results so far. The second signal kills it.
    """
    command = [sys.executable, "-m", module, *arguments]
    received = 0
    with subprocess.Popen(command, cwd=ROOT, env=dict(environment), start_new_session=True) as process:  # noqa: S603
        while (status := process.poll()) is None:
            if interrupts.count > received:
                process.send_signal(signal.SIGKILL if received else signal.SIGINT)
                received = interrupts.count
            time.sleep(_PAUSE)
    interrupts.raise_if_any()
    return status
