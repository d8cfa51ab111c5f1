"""Moves entries of finished forecasts from the outbox in Redis to the ledger in SQL.

Several processes may drain at once: an entry is unique by its content, and is removed from the outbox only after the
ledger has it. A process that dies in between leaves the entry to the next turn.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from pydantic import ValidationError

from common.domain.errors import Busy, StoreUnavailable
from common.domain.track_record import LedgerEntry
from common.redis.ledger_outbox import LedgerOutbox, WaitingEntry
from common.runtime.log_limits import LogLimit
from common.runtime.metrics import LEDGER_DRAINED, LEDGER_WAITING
from common.runtime.supervision import LoopName, ThreadLoop
from common.sql.repositories.ledger.entries import FinishedForecast, append_forecasts
from common.sql.store import SqlStore

MOST_AT_ONCE = 20
"""The entries of one transaction; they take the process a millisecond or two."""
DRAIN_EVERY_S = 1.0
_PAUSE_S = 5.0
"""Seconds until the next turn while a store cannot be used."""
_MOST_LOGGED = 300
_log = logging.getLogger(__name__)
_log_limit = LogLimit(_log)


class LedgerDrain:
    """Drains the outbox in the background.

    Args:
        outbox: the waiting entries.
        store: the SQL store.
        now: the clock.
    """

    def __init__(self, outbox: LedgerOutbox, store: SqlStore, now: Callable[[], datetime]) -> None:
        self._outbox = outbox
        self._store = store
        self._now = now
        self.loop = ThreadLoop(LoopName.LEDGER_DRAIN, self._turn, every_s=DRAIN_EVERY_S)
        """It starts after the fork of the process."""

    def drain_once(self) -> int:
        """Move up to :data:`MOST_AT_ONCE` entries; return how many were read.

        Raises:
            Busy: Redis cannot be used now.
            StoreUnavailable: the SQL store cannot be used now. The entries wait.
        """
        waiting = self._outbox.read(MOST_AT_ONCE)
        finished = [one for one in map(_parsed, waiting) if one is not None]
        if finished:
            now = self._now()
            new = self._store.transaction(lambda connection: append_forecasts(connection, finished, now))
            LEDGER_DRAINED.labels("new").inc(new)
            LEDGER_DRAINED.labels("known").inc(len(finished) - new)
        self._outbox.remove([entry.content for entry in waiting])
        return len(waiting)

    def _turn(self) -> float | None:
        try:
            waiting = self._outbox.count()
            LEDGER_WAITING.set(waiting)
            return 0.0 if waiting and self.drain_once() == MOST_AT_ONCE else None
        except (Busy, StoreUnavailable) as failure:
            _log_limit.log(logging.WARNING, failure.code, "entries of the track record wait: %s", failure)
            return _PAUSE_S


def _parsed(waiting: WaitingEntry) -> FinishedForecast | None:
    """Return a waiting entry; None for one that cannot be read, which is logged in its place."""
    try:
        waiting.content.decode("ascii")
        entry = LedgerEntry.model_validate_json(waiting.content)
    except (ValidationError, UnicodeDecodeError):
        _log.error("an entry of the track record is damaged and left out: %r", waiting.content[:_MOST_LOGGED])
        LEDGER_DRAINED.labels("damaged").inc()
        return None
    return FinishedForecast(waiting.content, entry, waiting.made_at)
