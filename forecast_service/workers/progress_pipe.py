"""The pipe on which a worker process reports the progress of its task to its parent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext

from common.domain.progress import WorkProgress

_LONGEST_STEP = 200
"""Characters. The operating system writes a short message to a pipe as a whole or not at all."""


class ProgressReports:
    """The worker's end. It sends every report: the last one before a long step must not be left out."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def send(self, progress: WorkProgress) -> None:
        """Send a report. The parent stores the newest a few times a second."""
        self._pipe.send_bytes(json.dumps([progress.fraction, progress.step[:_LONGEST_STEP]]).encode())


class ProgressPipe:
    """The pipe, with a listener for the reports of the present task. It belongs to the running event loop.

    The pipe outlives the worker's processes, one after the other.
    """

    def __init__(self, processes: BaseContext) -> None:
        self._reader, self.worker_end = processes.Pipe(duplex=False)
        self._listener: Callable[[WorkProgress], None] | None = None
        asyncio.get_running_loop().add_reader(self._reader.fileno(), self._read)

    def listen(self, listener: Callable[[WorkProgress], None] | None) -> None:
        """Set the listener of the task that begins; None once it has ended. Reports of earlier tasks are dropped."""
        self._listener = None
        if not self._reader.closed:
            self._read()
        self._listener = listener

    def close(self) -> None:
        """Close both ends."""
        if not self._reader.closed:
            asyncio.get_running_loop().remove_reader(self._reader.fileno())
            self._reader.close()
            self.worker_end.close()

    def _read(self) -> None:
        """Read the reports in the pipe. Each is written as a whole, so that this waits for no rest of one."""
        # The pipe may be empty: another callback in the same turn of the event loop may have read the report.
        while self._reader.poll():
            fraction, step = json.loads(self._reader.recv_bytes())
            if self._listener is not None:
                self._listener(WorkProgress(fraction, step))
