"""The server side of one connection: plain, or TLS with a required client certificate."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import TypeVar

CHUNK = 4096
_CLOSED = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""How a peer that closed looks; Python before 3.11.3 says the second of one that had not said that it would."""
T = TypeVar("T")


class PeerNotTrusted(ConnectionError):
    """The peer's certificate is missing or not trusted; the message is OpenSSL's."""


class Channel:
    """A connection in the clear."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def opened(self) -> None:
        """Complete the handshake.

        Raises:
            PeerNotTrusted: the peer has no trusted certificate.
        """

    async def read(self) -> bytes:
        """Some bytes, or none where the peer has closed."""
        return await self._reader.read(CHUNK)

    async def write(self, data: bytes) -> None:
        """Send all of it; the caller limits how long that takes."""
        self._writer.write(data)
        await self._writer.drain()


class TlsChannel(Channel):
    """A connection through TLS, over the same streams.

    OpenSSL works on memory here: bytes in, bytes out. So a peer that is slow at its handshake is limited, and makes
    room for others, as one that is slow with its line; and a failed handshake is an exception where it happens.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, context: ssl.SSLContext) -> None:
        super().__init__(reader, writer)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    async def opened(self) -> None:
        """Complete the TLS handshake, with the check of the peer's certificate."""
        try:
            await self._done(self._tls.do_handshake)
        except _CLOSED as exc:
            raise ConnectionResetError("the peer closed before it had shown a certificate") from exc
        except ssl.SSLError as exc:
            await self._flush()  # the alert that tells the peer
            raise PeerNotTrusted(getattr(exc, "verify_message", "") or exc.reason) from exc

    async def read(self) -> bytes:
        """Some bytes, or none where the peer has closed."""
        try:
            return await self._done(lambda: self._tls.read(CHUNK))
        except _CLOSED:
            return b""

    async def write(self, data: bytes) -> None:
        """Send all of it; the caller limits how long that takes."""
        self._tls.write(data)
        await self._flush()

    async def _done(self, step: Callable[[], T]) -> T:
        """Repeat a TLS step with more data of the peer until it succeeds."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                await self._flush()
                self._take(await self._reader.read(CHUNK))
            else:
                await self._flush()
                return result

    def _take(self, data: bytes) -> None:
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    async def _flush(self) -> None:
        if data := self._outgoing.read():
            await super().write(data)
