"""The first Python of a start: ``python3 bootstrap.py VENV REQUIREMENTS… [--run ARGUMENTS…]``.

It makes the environment (:mod:`local_stack.environment`); with ``--run`` it then becomes the command line. It
listens to signals before it imports more: a person may think better of it at once.
"""

from __future__ import annotations

import os
import sys

_RUN = "--run"


def _split(words: list[str]) -> tuple[list[str], list[str] | None]:
    if _RUN not in words:
        return words, None
    at = words.index(_RUN)
    return words[:at], words[at + 1 :]


if __name__ == "__main__":
    _made, _arguments = _split(sys.argv[1:])
    # -I leaves the folder out; last, so that nothing in it can take the place of the standard library.
    sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120 - pathlib is late

    from local_stack.early_signals import listen

    listen(_arguments)

    from local_stack.environment import main

    main(_made, _arguments)
