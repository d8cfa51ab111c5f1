"""The client of the ingestion service: sends commands about stored prices and waits for the reply."""

from __future__ import annotations

import threading
from typing import Literal
from uuid import uuid4

from common.domain.errors import Busy
from common.domain.uploads import UploadOptions
from common.rpc.addresses import Address
from common.rpc.messages import CommandResult, Outcome, PricesCommand, Reply
from common.rpc.tcp import deliver

MOST_AT_ONCE = 4
"""The most concurrent commands of this process."""
DISPATCH_PATIENCE_S = 5.0
"""Seconds for which a command is sent again while ingestion cannot be reached (a restart, a roll-out)."""
REPLY_MARGIN_S = 1.0


class IngestionClient:
    """Sends commands to ingestion, each with a deadline of ``deadline_s`` seconds."""

    def __init__(self, ingestion: Address, deadline_s: float) -> None:
        self._ingestion = ingestion
        self._deadline_s = deadline_s
        self._slots = threading.BoundedSemaphore(MOST_AT_ONCE)

    def send(self, action: Literal["track", "refresh", "untrack", "company", "news"], ticker: str) -> Outcome:
        """Send a command and return its outcome.

        Raises:
            Failure: ingestion refused the command, or cannot be reached.
        """
        command = PricesCommand(request_id=str(uuid4()), action=action, ticker=ticker, budget_ms=self._budget_ms)
        return self._deliver(command).outcome or "kept"

    def send_file(
        self, action: Literal["upload", "amend"], ticker: str, request_id: str, options: UploadOptions
    ) -> CommandResult:
        """Send the command to store the file that is in S3 under ``request_id``; return its result.

        Raises:
            Failure: ingestion refused the file, or cannot be reached.
        """
        command = PricesCommand(
            request_id=request_id, action=action, ticker=ticker, budget_ms=self._budget_ms, upload=options
        )
        reply = self._deliver(command)
        return CommandResult(reply.outcome or "kept", reply.report)

    @property
    def _budget_ms(self) -> int:
        return round(self._deadline_s * 1000)

    def _deliver(self, command: PricesCommand) -> Reply:
        if not self._slots.acquire(blocking=False):
            raise Busy
        try:
            within_s = self._deadline_s + REPLY_MARGIN_S
            return deliver(self._ingestion, command, DISPATCH_PATIENCE_S, within_s=within_s)
        finally:
            self._slots.release()
