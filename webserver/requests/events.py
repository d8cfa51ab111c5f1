"""The stages of a request as server-sent events."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from flask import Response

from common.domain.errors import Busy
from common.domain.kinds import Kind
from common.redis.requests.records import Record
from webserver.requests.serializers import progress

POLL_EVERY_S = 0.1
HEARTBEAT_EVERY_S = 10.0
"""Seconds without an event after which a comment is sent; it fails once the client has disconnected."""
HEARTBEAT = b": heartbeat\n\n"


class EventStreams:
    """Opens event streams, at most ``most`` at a time; the process keeps its other connections for other requests.

    Args:
        reader: returns the function that reads a record of a kind for the present caller, also after its request.
    """

    def __init__(self, reader: Callable[[Kind], Callable[[str], Record]], most: int) -> None:
        self._reader = reader
        self._slots = threading.BoundedSemaphore(most)

    def open(self, kind: Kind, request_id: str) -> Response:
        """Return the response that streams the stages and the progress of a request of a kind until its end.

        Raises:
            NotFound: there is no such request.
            Busy: too many streams are open.
        """
        read = self._reader(kind)
        record = read(request_id)
        if not self._slots.acquire(blocking=False):
            raise Busy("Too many event streams are open. Poll the request instead.")
        response = Response(self._events(record, read), mimetype="text/event-stream")
        response.call_on_close(self._slots.release)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Accel-Buffering"] = "no"
        return response

    @staticmethod
    def _events(record: Record, read: Callable[[str], Record]) -> Iterator[bytes]:
        yield event(record)
        shown, sent_at = (record.status, record.progress), time.monotonic()
        while not record.ended:
            time.sleep(POLL_EVERY_S)
            # A short outage of Redis does not end the stream.
            with suppress(Busy):
                record = read(record.request_id)
            if (record.status, record.progress) != shown:
                yield event(record)
                shown, sent_at = (record.status, record.progress), time.monotonic()
            elif time.monotonic() - sent_at > HEARTBEAT_EVERY_S:
                yield HEARTBEAT
                sent_at = time.monotonic()


def event(record: Record) -> bytes:
    """Return one event, ``stage`` or ``end``, with the progress and the failure, if any."""
    data = json.loads(progress(record))
    if record.failure is not None:
        data |= {"code": record.failure.code, "detail": record.failure.detail}
    return f"event: {'end' if record.ended else 'stage'}\ndata: {json.dumps(data)}\n\n".encode()
