"""What a signal means before a stack or an answer is there: it ends the program without a word.

Imported before anything else, so that it is soon heard: it imports next to nothing itself.
"""

from __future__ import annotations

import os
import signal
import sys

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def listen(arguments: list[str] | None, *, at_once: bool = True) -> None:
    """Have a signal end this process without a word; ``arguments`` are the command line's, None where none follows.

    A stack that was asked to end before it was there has ended well. ``at_once``: an exception may be lost in an
    import, but only one that passes through :mod:`subprocess` takes a running pip along.
    """
    ends_well = arguments is not None and (not arguments or arguments[0] == "serve" or arguments[0].startswith("-"))

    def end(number: int, _frame: object) -> None:
        status = 0 if ends_well else 128 + number
        if at_once:
            os._exit(status)
        sys.exit(status)

    for number in SIGNALS:
        signal.signal(number, end)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)  # what came while nobody could listen comes now
