"""The first Python of a start: ``python3 bootstrap.py VENV REQUIREMENTS… [--run ARGUMENTS…]``.

It makes the environment (:mod:`cli.setup.environment`); with ``--run`` it then becomes the command line. It
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
    _root = os.path.abspath(f"{__file__}/../../..")  # noqa: PTH100 - pathlib is late
    sys.path.append(_root)

    from cli.setup.early_signals import listen

    listen(_arguments)

    from cli.setup.environment import main

    main(_made, _arguments)
