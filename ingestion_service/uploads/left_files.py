"""Removes the uploaded files that ended processes left in S3."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime

from common.domain.errors import Busy
from common.runtime.supervision import LoopName, ThreadLoop
from common.s3.incoming import IncomingFiles

REMOVED_EVERY_S = 600.0
"""Seconds between two searches."""
_EVERY_S, _STALLED_AFTER_S = 15.0, 90.0
_log = logging.getLogger(__name__)


class LeftFiles:
    """Searches for left files periodically, in its own loop.

    Args:
        incoming: the files.
        now: the clock.
        clock: monotonic seconds.
    """

    def __init__(
        self, incoming: IncomingFiles, now: Callable[[], datetime], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._incoming = incoming
        self._now = now
        self._clock = clock
        self._due_at = clock()
        self.loop = ThreadLoop(
            LoopName.LEFT_FILES, self._remove_if_due, every_s=_EVERY_S, stalled_after_s=_STALLED_AFTER_S
        )

    def _remove_if_due(self) -> None:
        if self._clock() < self._due_at:
            return
        self._due_at = self._clock() + REMOVED_EVERY_S
        try:
            number = self._incoming.remove_left(self._now())
        except Busy as failure:
            _log.warning("left files were not searched: %s", failure)
            return
        if number:
            _log.warning("%s uploaded files of ended processes were removed", number)
