"""supervisord without its delays: ``python -m local_stack.processes.supervisord -c FILE``.

supervisord itself checks for signals once a second, and starts no program before the first check.
"""

from __future__ import annotations

import os
import signal
import sys

from supervisor.options import ServerOptions
from supervisor.poller import Poller
from supervisor.supervisord import go


class PromptPoller(Poller):  # type: ignore[misc] # without types
    """A poller that returns immediately after a signal and at its first call."""

    def initialize(self) -> None:
        """Register the pipe to which Python writes a byte for each signal."""
        super().initialize()
        self._signalled, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        os.write(wake, b"\0")
        self.register_readable(self._signalled)

    def poll(self, timeout: float) -> tuple[list[int], list[int]]:
        """Return the readable and the writable descriptors."""
        readable, writable = super().poll(timeout)
        if self._signalled in readable:
            os.read(self._signalled, 1)  # supervisord handles one signal after each poll
        return [file for file in readable if file != self._signalled], writable


def main(arguments: list[str]) -> None:
    """Run the programs until a signal stops them and supervisord."""
    options = ServerOptions()
    options.realize(arguments)
    options.first, options.test = True, False
    options.poller = PromptPoller(options)
    go(options)
    options.close_logger()


if __name__ == "__main__":
    main(sys.argv[1:])
