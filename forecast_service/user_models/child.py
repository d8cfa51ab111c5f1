"""``python -m forecast_service.user_models.child NAME PARENT``: the process in which a user's model runs.

It ends with its parent, whose task may be cancelled at any time. It has to arrange that before the imports of the
mathematics, which take a second.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from importlib import import_module

PR_SET_PDEATHSIG = 1


def main(name: str, parent: int) -> None:
    """Arrange the end, and answer requests until their input ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit("the parent has ended")
    import_module("forecast_service.user_models.requests").answer_all(name)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
