"""Signal handlers for the time before a stack or an answer exists: a signal ends the process without output.

This module is imported first and imports little, so that the handlers are there early.
"""

from __future__ import annotations

import os
import signal
import sys

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def end_on_signals(arguments: list[str] | None, *, at_once: bool = True) -> None:
    """Make SIGINT and SIGTERM end this process without output.

    Args:
        arguments: the command line's, None where no command line follows. Stopping a stack that has not started yet
            is a success; any other command fails.
        at_once: exit without an exception, which an import could swallow. During an installation an exception is
            needed: :mod:`subprocess` then kills the installer.
    """
    success = arguments is not None and (not arguments or arguments[0] == "serve" or arguments[0].startswith("-"))

    def end(number: int, _frame: object) -> None:
        status = 0 if success else 128 + number
        if at_once:
            os._exit(status)
        sys.exit(status)

    for number in SIGNALS:
        signal.signal(number, end)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)  # delivers the signals that were blocked until now
