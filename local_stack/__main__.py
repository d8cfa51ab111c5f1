"""``python -m local_stack``: see :mod:`local_stack.cli`."""

import signal
import sys


def _end(number: int, _frame: object) -> None:
    """Before anything is started a signal ends the program without a word: 0 for a stack that was asked to end."""
    sys.exit(0 if sys.argv[1:2] in ([], ["serve"]) else 128 + number)


if __name__ == "__main__":
    # The imports below take half a second, in which a person may think better of it.
    for _number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(_number, _end)

    from local_stack.cli import main

    sys.exit(main())
