"""Signal handlers for the first moments of a command. A signal then ends the process without output.

This module is imported first and imports little, so that the handlers are set early.
"""

from __future__ import annotations

import os
import signal
import sys

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def end_on_signals(arguments: list[str] | None, *, at_once: bool = True) -> None:
    """Make SIGINT and SIGTERM end this process without output.

    Args:
        arguments: the command line's arguments, or None without a command line. A stack that is stopped before its
            start is a success. Any other command fails.
        at_once: exit without an exception, which an import could swallow. During an installation, pass False:
            after an exception, :mod:`subprocess` kills the installer.
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
