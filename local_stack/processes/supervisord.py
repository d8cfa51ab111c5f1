"""supervisord, as its own program is, but prompt: ``python -m local_stack.processes.supervisord -c FILE``.

supervisord looks once a second for signals, and waits for the first of these looks before it starts anything.
"""

from __future__ import annotations

import os
import signal
import sys

from supervisor.options import ServerOptions
from supervisor.poller import Poller
from supervisor.supervisord import go


class PromptPoller(Poller):  # type: ignore[misc] # without types
    """Waits for the programs' output, and no longer once a signal comes; the first time not at all."""

    def initialize(self) -> None:
        """Listen to what Python writes for each signal."""
        super().initialize()
        self._signalled, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        os.write(wake, b"\0")
        self.register_readable(self._signalled)

    def poll(self, timeout: float) -> tuple[list[int], list[int]]:
        """Return what can be read and what can be written."""
        readable, writable = super().poll(timeout)
        if self._signalled in readable:
            os.read(self._signalled, 1)  # of several signals, supervisord deals with one after each look
        return [file for file in readable if file != self._signalled], writable


def main(arguments: list[str]) -> None:
    """Run until a signal asks to stop the programs and end."""
    options = ServerOptions()
    options.realize(arguments)
    options.first, options.test = True, False
    options.poller = PromptPoller(options)
    go(options)
    options.close_logger()


if __name__ == "__main__":
    main(sys.argv[1:])
