"""The stages of a request as server-sent events, each as soon as it is seen."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from flask import Response

from common.domain.errors import Busy
from common.redis.requests.records import Record
from webserver.forecasts.serializers import under_way

LOOK_EVERY_S = 0.1
SIGN_OF_LIFE_EVERY_S = 10.0
"""How often a line is written where nothing happens: so it is found out that nobody reads any more."""
SIGN_OF_LIFE = b": still at it\n\n"


class EventStreams:
    """Opens streams over what ``read`` says of a request, ``most`` at a time.

    The rest of the process's connections is for polls, health checks and requests that wait.
    """

    def __init__(self, read: Callable[[str], Record], most: int) -> None:
        self._read = read
        self._places = threading.BoundedSemaphore(most)

    def open(self, request_id: str) -> Response:
        """Answer with the request's stages until its end.

        Raises:
            NotFound: there is no such request.
            Busy: there are as many streams as there may be; polling is always possible.
        """
        record = self._read(request_id)
        if not self._places.acquire(blocking=False):
            raise Busy("Too many event streams are open. Poll the request instead.")
        response = Response(self._events(record), mimetype="text/event-stream")
        response.call_on_close(self._places.release)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Accel-Buffering"] = "no"
        return response

    def _events(self, record: Record) -> Iterator[bytes]:
        yield event(record)
        status, said = record.status, time.monotonic()
        while not record.ended:
            time.sleep(LOOK_EVERY_S)
            # A Redis that is away for a while does not end a stream.
            with suppress(Busy):
                record = self._read(record.request_id)
            if record.status != status:
                yield event(record)
                status, said = record.status, time.monotonic()
            elif time.monotonic() - said > SIGN_OF_LIFE_EVERY_S:
                yield SIGN_OF_LIFE
                said = time.monotonic()


def event(record: Record) -> bytes:
    """One event: ``stage`` on the way, ``end`` at the end, with what a poll says, and the reason of a failure."""
    said = json.loads(under_way(record))
    if record.failure is not None:
        said |= {"code": record.failure.code, "detail": record.failure.detail}
    return f"event: {'end' if record.ended else 'stage'}\ndata: {json.dumps(said)}\n\n".encode()
