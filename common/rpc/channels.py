"""The server side of one connection: plain, or TLS with a required client certificate."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import TypeVar

CHUNK = 4096
_CLOSED = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""The exceptions after the peer closed; Python before 3.11.3 raises the second one also for an unannounced close."""
T = TypeVar("T")


class PeerNotTrusted(ConnectionError):
    """The peer's certificate is missing or not trusted; the message is OpenSSL's."""


class Channel:
    """A connection in the clear."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def complete_handshake(self) -> None:
        """Complete the handshake.

        Raises:
            PeerNotTrusted: the peer has no trusted certificate.
        """

    async def read(self) -> bytes:
        """Return some bytes; empty if the peer has closed."""
        return await self._reader.read(CHUNK)

    async def write(self, data: bytes) -> None:
        """Send all data; the caller sets the time limit."""
        self._writer.write(data)
        await self._writer.drain()


class TlsChannel(Channel):
    """A connection through TLS, over the same streams.

    OpenSSL works on buffers in memory. So the limits on slow peers cover the handshake as well as the line, and a
    failed handshake raises an exception in the connection's task.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, context: ssl.SSLContext) -> None:
        super().__init__(reader, writer)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    async def complete_handshake(self) -> None:
        """Complete the TLS handshake, which checks the peer's certificate."""
        try:
            await self._run_step(self._tls.do_handshake)
        except _CLOSED as exc:
            raise ConnectionResetError("the peer closed before it presented a certificate") from exc
        except ssl.SSLError as exc:
            await self._flush()  # the alert for the peer
            raise PeerNotTrusted(getattr(exc, "verify_message", "") or exc.reason) from exc

    async def read(self) -> bytes:
        """Return some bytes; empty if the peer has closed."""
        try:
            return await self._run_step(lambda: self._tls.read(CHUNK))
        except _CLOSED:
            return b""

    async def write(self, data: bytes) -> None:
        """Send all data; the caller sets the time limit."""
        self._tls.write(data)
        await self._flush()

    async def _run_step(self, step: Callable[[], T]) -> T:
        """Run a TLS step, and again after more data from the peer, until it succeeds."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                await self._flush()
                self._feed(await self._reader.read(CHUNK))
            else:
                await self._flush()
                return result

    def _feed(self, data: bytes) -> None:
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    async def _flush(self) -> None:
        if data := self._outgoing.read():
            await super().write(data)
