"""The first Python of a start: ``python3 bootstrap.py VENV LISTS… [--run ARGUMENTS…]``.

It makes the environment (:mod:`cli.setup.environment`); with ``--run`` it is then replaced by the command line. It
installs signal handlers before it imports more, so that an early Ctrl-C ends it without a traceback.
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
    _set_up, _arguments = _split(sys.argv[1:])
    # -I leaves this folder out. It comes last, so that no file in it replaces a module of the standard library.
    _root = os.path.abspath(f"{__file__}/../../..")  # noqa: PTH100 - pathlib takes long to import
    sys.path.append(_root)

    from cli.setup.early_signals import end_on_signals

    end_on_signals(_arguments)

    from cli.setup.environment import main

    main(_set_up, _arguments)
