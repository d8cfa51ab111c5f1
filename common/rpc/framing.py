"""One line of bytes per connection: the protocol without a socket."""

from __future__ import annotations

from common.domain.errors import InvalidRequest
from common.rpc.messages import MAX_LINE_BYTES


class LineReceiver:
    """Takes bytes as they come and gives the one line that a connection carries.

    A line that is too long is refused before the rest of it is read.
    """

    def __init__(self, limit: int = MAX_LINE_BYTES) -> None:
        self._limit = limit
        self._received = bytearray()

    def receive(self, data: bytes) -> bytes | None:
        """Take ``data``; return the line without its line feed once it is complete.

        Raises:
            InvalidRequest: the line is too long, or something follows it.
        """
        self._received += data
        line, feed, rest = self._received.partition(b"\n")
        if len(line) + len(feed) > self._limit:
            raise InvalidRequest(f"A line may have at most {self._limit} bytes.")
        if rest:
            raise InvalidRequest("A connection carries one line; something followed it.")
        return bytes(line) if feed else None

    def receive_eof(self) -> None:
        """Take the end of the stream before the line was complete.

        The end before the first byte is a clean close, such as a health check makes.

        Raises:
            InvalidRequest: the stream ended inside the line.
        """
        if self._received:
            raise InvalidRequest("The connection ended inside a line.")
