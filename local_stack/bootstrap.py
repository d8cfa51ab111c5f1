"""The first Python of a start: ``python3 bootstrap.py VENV REQUIREMENTS… [--run ARGUMENTS…]``.

It makes the environment (:mod:`local_stack.environment`); with ``--run`` it then becomes the command line. This file
only listens to signals, before anything else is imported: a person may think better of it at once.
"""

from __future__ import annotations

import os
import signal
import sys

SIGNALS = (signal.SIGINT, signal.SIGTERM)
_RUN = "--run"


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


def _split(words: list[str]) -> tuple[list[str], list[str] | None]:
    if _RUN not in words:
        return words, None
    at = words.index(_RUN)
    return words[:at], words[at + 1 :]


if __name__ == "__main__":
    _made, _arguments = _split(sys.argv[1:])
    listen(_arguments)
    # -I leaves the folder out; last, so that nothing in it can take the place of the standard library.
    sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120 - pathlib is late

    from local_stack.environment import main

    main(_made, _arguments)
