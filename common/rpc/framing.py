"""One line of bytes per connection: the protocol without a socket."""

from __future__ import annotations

from common.domain.errors import InvalidRequest
from common.rpc.messages import MAX_LINE_BYTES


class LineReceiver:
    """A parser for the one line of a connection.

    It rejects a line that is too long before the whole line has arrived.
    """

    def __init__(self, limit: int = MAX_LINE_BYTES) -> None:
        self._limit = limit
        self._received = bytearray()

    def receive(self, data: bytes) -> bytes | None:
        """Add received data; return the line without its line feed once it is complete, else None.

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
        """Handle the end of the stream before a complete line.

        An end before the first byte is allowed: health checks connect and close.

        Raises:
            InvalidRequest: the stream ended inside the line.
        """
        if self._received:
            raise InvalidRequest("The connection ended inside a line.")
