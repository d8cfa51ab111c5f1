"""Finds the newest board in S3 and keeps it in memory."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from common.domain.errors import Busy, Failure, NoMarketBoard, UnreadableMarketBoard
from common.runtime.log_limits import LogLimit
from common.runtime.supervision import LoopName, ThreadLoop
from common.s3.market_objects import MarketDay, StoredBoard, list_market_folders
from webserver.http.cooperative_work import in_thread
from webserver.market.board.board import SCHEMA, Board, Known, UnknownSchema, parse_board
from webserver.market.board.parquet_reading import DamagedBoard, reading_parquet

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

EVERY_S, _STALLED_AFTER_S = 60.0, 200.0
RETRY_S = 2.0
"""Seconds until the next look for a first board, while requests ask for one."""
AFTER_OUTAGE_S = 5.0
MOST_DATES = 14
"""The most dates that one look goes back: a run keeps seven."""
_log = logging.getLogger(__name__)
_log_limit = LogLimit(_log)


class BoardReader:
    """The newest readable board. It is at most :data:`EVERY_S` behind S3, and stays while S3 cannot be reached.

    Args:
        client: the S3 client.
        bucket: the bucket's name.
        known: texts about a ticker that boards do not contain, such as its name, by the name of their column.
    """

    def __init__(self, client: S3Client, bucket: str, known: Mapping[str, Known]) -> None:
        self._client = client
        self._bucket = bucket
        self._known = known
        self._board: Board | None = None
        self._failure: Failure = NoMarketBoard()
        self._unreadable: dict[date, tuple[str, UnreadableMarketBoard]] = {}
        """The version of each unreadable board, which is not read again."""
        self._looked_at: float | None = None
        self._looking = threading.Lock()
        self.loop = ThreadLoop(LoopName.MARKET_BOARD, self._turn, every_s=EVERY_S, stalled_after_s=_STALLED_AFTER_S)
        """It starts after the fork of the process."""

    def board(self) -> Board:
        """Return the newest board. Without one in memory, look for it, at most every :data:`RETRY_S`.

        Raises:
            NoMarketBoard: there is none.
            UnreadableMarketBoard: those that exist are damaged, or have another schema.
            Busy: S3 cannot be reached, and no board is in memory.
        """
        if self._board is None:
            with self._looking:
                if self._board is None and self._is_due():
                    self._look()
        if self._board is None:
            raise type(self._failure)(self._failure.detail)
        return self._board

    def look(self) -> Board | None:
        """Read the newest board unless it is in memory; return that in memory."""
        with self._looking:
            self._look()
        return self._board

    def _is_due(self) -> bool:
        return self._looked_at is None or time.monotonic() - self._looked_at >= RETRY_S

    def _turn(self) -> float | None:
        self.look()
        return AFTER_OUTAGE_S if isinstance(self._failure, Busy) else None

    def _look(self) -> None:
        try:
            found = self._newest()
        except Busy as failure:
            self._failure = failure
            _log_limit.log(logging.WARNING, failure.code, "the board of the market cannot be looked up: %s", failure)
        else:
            self._board = found or self._board
        self._looked_at = time.monotonic()

    def _newest(self) -> Board | None:
        """Return the newest readable board; None, and note why, if there is none."""
        self._failure = NoMarketBoard()
        for day in reversed(list_market_folders(self._client, self._bucket)[-MOST_DATES:]):
            try:
                found = self._read(day)
            except UnreadableMarketBoard as failure:
                if isinstance(self._failure, NoMarketBoard):
                    self._failure = failure
                continue
            if found is not None:
                return found
        return None

    def _read(self, day: date) -> Board | None:
        """Return the board of a date; None if the date has none."""
        in_memory = self._board if self._board is not None and self._board.day == day else None
        unreadable = self._unreadable.get(day)
        known = in_memory.version if in_memory else unreadable[0] if unreadable else ""
        stored = MarketDay(self._client, self._bucket, day).read_board(known)
        if stored is None:
            return None
        if in_memory is not None and stored.etag == in_memory.version:
            return in_memory
        if unreadable is not None and stored.etag == unreadable[0]:
            raise unreadable[1]
        try:
            board = self._parse(stored, day)
        except UnreadableMarketBoard as failure:
            self._unreadable[day] = stored.etag, failure
            _log.warning("%s", failure)
            raise
        _log.info("the board of %s has %d stocks", day, len(board.rows))
        return board

    def _parse(self, stored: StoredBoard, day: date) -> Board:
        again = "./run_app.sh market --anew makes it again."
        if stored.body is None:
            raise UnreadableMarketBoard(f"The board of {day} is too large to be read. {again}")
        try:
            with reading_parquet(stored.body, in_thread) as lines:
                return parse_board(lines, day, stored.etag, self._known)
        except UnknownSchema as exc:
            raise UnreadableMarketBoard(
                f"The board of {day} has the schema {exc}, and this release reads {SCHEMA}. Use one release of all "
                f"services, or remove the dataset: {again}"
            ) from exc
        except (DamagedBoard, ValueError, KeyError, TypeError) as exc:
            raise UnreadableMarketBoard(f"The board of {day} is damaged. {again}") from exc
