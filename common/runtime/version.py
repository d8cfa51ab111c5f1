"""The version of this release; ``python -m tools.release set`` changes it, here and in every file that repeats it."""

from __future__ import annotations

import sys

VERSION = "0.2.0"
USER_AGENT = f"Stockcast/{VERSION}"
"""The header of every request to another server. Only Yahoo gets a browser's, as it refuses others."""


def exit_if_version_is_asked(program: str) -> None:
    """Print the version and end the process if ``--version`` is the only argument."""
    if sys.argv[1:] == ["--version"]:
        print(f"{program} {VERSION}")
        sys.exit()
