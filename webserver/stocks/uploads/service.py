"""The way of an uploaded file: to the disk, to S3, and as a command to ingestion, which alone writes prices."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import IO, Literal
from uuid import uuid4

from common.domain.errors import Busy
from common.domain.uploads import UploadOptions
from common.rpc.messages import CommandResult
from common.s3.incoming import IncomingFiles
from webserver.stocks.ingestion_client import IngestionClient
from webserver.stocks.uploads.spooling import spooled

FILES_AT_ONCE = 3
"""The most files on this process's disk."""
_log = logging.getLogger(__name__)


class PriceUploads:
    """Stores uploaded files as prices.

    Args:
        incoming: the files in S3.
        ingestion: sends commands.
    """

    def __init__(self, incoming: IncomingFiles, ingestion: IngestionClient) -> None:
        self._incoming = incoming
        self._ingestion = ingestion
        self._slots = threading.BoundedSemaphore(FILES_AT_ONCE)

    def store(
        self,
        action: Literal["upload", "amend"],
        ticker: str,
        options: UploadOptions,
        open_stream: Callable[[], IO[bytes]],
    ) -> CommandResult:
        """Store a file as a ticker's prices, or add its days to them; return the outcome and the report.

        The command is sent again if ingestion ends before its reply. The file stays in S3 until there is a result.

        Args:
            action: whether the file is the whole series.
            ticker: the ticker.
            options: what the client said about the file.
            open_stream: opens the arriving file.

        Raises:
            Failure: the prices were not stored.
        """
        request_id = str(uuid4())
        if not self._slots.acquire(blocking=False):
            raise Busy("Other files are being uploaded. Try again in a moment.", retry_after_s=5)
        try:
            with spooled(open_stream()) as file:
                self._incoming.put(request_id, file, file.length)
        finally:
            self._slots.release()
        try:
            return self._ingestion.send_file(action, ticker, request_id, options)
        finally:
            self._remove(request_id)

    def _remove(self, request_id: str) -> None:
        try:
            self._incoming.remove(request_id)
        except Busy:
            _log.warning("the uploaded file %s could not be removed; ingestion removes it later", request_id)
