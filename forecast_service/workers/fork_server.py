"""The process from which workers are forked. It has imported, and done once, all that each would have to do first.

A worker that died is then replaced in a quarter of a second instead of two. Linux alone: elsewhere the libraries of the
system may not outlive a fork, and each worker begins from nothing.

Standard library only: it is started before anything else is imported, which is work for a core of its own.
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

_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""Inherited by the workers and read when they import NumPy: each has one core, and more threads only wait for it."""
_CAN_BE_FORKED = sys.platform == "linux"


def start() -> None:
    """Start it, where there is to be one; without that, the first worker does."""
    context()
    if _CAN_BE_FORKED:
        forkserver.ensure_running()


def context() -> BaseContext:
    """How workers are started; what they inherit is set."""
    os.environ.update(_ONE_THREAD)
    if not _CAN_BE_FORKED:
        return multiprocessing.get_context("spawn")
    forked = multiprocessing.get_context("forkserver")
    forked.set_forkserver_preload(["forecast_service.workers.preload"])
    return forked


class ListenerCheck:
    """Whether the socket at which the process takes requests to fork is still in its folder.

    It is in the system's temporary folder, which others may clean; without it no worker can be started any more.
    """

    def __init__(self) -> None:
        self._socket: Path | None = None

    def is_lost(self) -> bool:
        """Return whether the socket was there once and is gone."""
        if not _CAN_BE_FORKED:
            return False
        if self._socket is None:
            with suppress(OSError):  # a listing takes a file descriptor, and there may be none
                self._socket = next(Path(get_temp_dir()).glob("listener-*"), None)
            return False
        return not self._socket.exists()
