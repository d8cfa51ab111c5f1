"""Sends commands about stored prices to ingestion, and waits for what comes of them."""

from __future__ import annotations

import threading
from typing import Literal
from uuid import uuid4

from common.domain.errors import Busy
from common.rpc.addresses import Address
from common.rpc.messages import Outcome, PricesCommand
from common.rpc.tcp import deliver

MOST_AT_ONCE = 4
"""How many threads of this process may be held by commands; the rest is for readers."""
DISPATCH_PATIENCE_S = 5.0
"""How long ingestion may be unreachable (a restart, a roll-out) before a command fails for it."""
REPLY_MARGIN_S = 1.0


class IngestionClient:
    """Asks ingestion to change what is stored, within ``deadline_s`` seconds each."""

    def __init__(self, ingestion: Address, deadline_s: float) -> None:
        self._ingestion = ingestion
        self._deadline_s = deadline_s
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)

    def send(self, action: Literal["track", "refresh", "untrack"], ticker: str) -> Outcome:
        """Have a command carried out; return what came of it.

        Raises:
            Failure: it was refused, or ingestion cannot be reached.
        """
        command = PricesCommand(
            request_id=str(uuid4()), action=action, ticker=ticker, budget_ms=round(self._deadline_s * 1000)
        )
        if not self._places.acquire(blocking=False):
            raise Busy
        try:
            within_s = self._deadline_s + REPLY_MARGIN_S
            reply = deliver(self._ingestion, command, DISPATCH_PATIENCE_S, within_s=within_s)
        finally:
            self._places.release()
        return reply.outcome or "kept"
