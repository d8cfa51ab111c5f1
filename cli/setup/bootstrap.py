"""The first Python script of a start: ``python3 bootstrap.py VENV LISTS… [--run ARGUMENTS…]``.

It makes the environment (:mod:`cli.setup.environment`). With ``--run`` the process then becomes the command line. The
script installs signal handlers before its other imports, so that an early Ctrl-C ends it without a traceback.
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
    # Python runs with -I, which leaves the repository out. Appended last, no file in it replaces a standard module.
    _root = os.path.abspath(f"{__file__}/../../..")  # noqa: PTH100 - pathlib takes long to import
    sys.path.append(_root)

    from cli.setup.early_signals import end_on_signals

    end_on_signals(_arguments)

    from cli.setup.environment import main

    main(_set_up, _arguments)
