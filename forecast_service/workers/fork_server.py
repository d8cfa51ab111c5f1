"""The preloaded fork server, from which worker processes are forked.

It imports all modules of a worker and computes a forecast once, so that a dead worker is replaced in a quarter of a
second instead of two. Only Linux has it, because libraries of other systems may not survive a fork.

The module imports little but the standard library, because the server starts before the parent imports anything else,
so that both import in parallel.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from contextlib import suppress
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from multiprocessing.util import get_temp_dir
from pathlib import Path

from forecast_service.workers.environment import ENGINE_ENVIRONMENT

_CAN_BE_FORKED = sys.platform == "linux"


def start() -> None:
    """Start the server now, on Linux. Otherwise the first worker would start it."""
    context()
    if _CAN_BE_FORKED:
        forkserver.ensure_running()


def context() -> BaseContext:
    """Return the context in which workers start, and set the environment that they inherit."""
    os.environ.update(ENGINE_ENVIRONMENT)
    if not _CAN_BE_FORKED:
        return multiprocessing.get_context("spawn")
    forked = multiprocessing.get_context("forkserver")
    forked.set_forkserver_preload(["forecast_service.workers.preload"])
    return forked


class ListenerCheck:
    """Checks that the socket of the fork server still exists.

    The socket is in the system's temporary folder, which other programs may clean. Without it, no worker can start.
    """

    def __init__(self) -> None:
        self._socket: Path | None = None

    def is_lost(self) -> bool:
        """Return whether the socket existed once and is missing now."""
        if not _CAN_BE_FORKED:
            return False
        if self._socket is None:
            with suppress(OSError):  # a listing takes a file descriptor, and there may be none
                self._socket = next(Path(get_temp_dir()).glob("listener-*"), None)
            return False
        return not self._socket.exists()
