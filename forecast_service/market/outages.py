"""Patience with S3: a call is repeated while S3 cannot be reached."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from common.domain.errors import Busy
from common.s3.failures import StoreRefusal

PATIENCE_S = 180.0
"""Seconds: longer than the restart of a store."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 10.0
T = TypeVar("T")


def patiently(call: Callable[[], T], patience_s: float = PATIENCE_S) -> T:
    """Return the result of a call of S3 that may be repeated without harm.

    Raises:
        Busy: S3 could not be reached for ``patience_s`` seconds.
        StoreRefusal: S3 refuses, which lasts until a person repairs it.
    """
    until, pause = time.monotonic() + patience_s, FIRST_PAUSE_S
    while True:
        try:
            return call()
        except StoreRefusal:
            raise
        except Busy:
            if time.monotonic() + pause > until:
                raise
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)
