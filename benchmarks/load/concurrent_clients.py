"""Many concurrent clients in one thread. Each has its own connection and keeps only the ends of its answer."""

from __future__ import annotations

import asyncio
import json
import math
import re
import socket
import time
from collections.abc import Coroutine, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import uvloop

HOST = "127.0.0.1"
POLL_S = 0.1
KEPT_BYTES = 4096
"""The number of bytes that are kept of the beginning and of the end of an answer."""
_STATUS_LINE = re.compile(rb"HTTP/1\.1 (\d{3})")
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_RETRY_AFTER = re.compile(rb"\r\nretry-after: \d+", re.IGNORECASE)
_END_OF_HEADERS = b"\r\n\r\n"
_STAGE = re.compile(rb'"status": ?"(\w+)"')
_URL = re.compile(rb'"url": ?"([^"]+)"')


@dataclass(frozen=True)
class TimedResponse:
    """An answer: its status, its first and last bytes, and the seconds since the connection was opened."""

    status: int
    beginning: bytes
    ending: bytes
    seconds: float

    @property
    def is_done(self) -> bool:
        """Whether the answer is a finished forecast."""
        return self.status == 200 and self._stage == b"done"

    @property
    def is_refused(self) -> bool:
        """Whether the service is busy and says when to retry."""
        return self.status == 503 and _RETRY_AFTER.search(self.beginning) is not None

    @property
    def follow_path(self) -> str | None:
        """The path of a forecast that has not ended, or None."""
        url = _URL.search(self.ending)
        return url[1].decode() if url and self.status < 300 and self._stage != b"done" else None

    @property
    def _stage(self) -> bytes:
        found = _STAGE.search(self.ending)
        return found[1] if found else b""


_BUFFER = bytearray(1 << 18)
"""The buffer of all connections. One is enough, because one thread copies the kept bytes immediately."""


class _Exchange(asyncio.BufferedProtocol):
    """Reads one answer and keeps its ends."""

    def __init__(self) -> None:
        self._beginning = self._ending = b""
        self._received = 0
        self._whole: int | None = None
        self._answered: asyncio.Future[tuple[bytes, bytes]] = asyncio.get_running_loop().create_future()

    def get_buffer(self, _size_hint: int) -> bytearray:
        return _BUFFER

    def buffer_updated(self, received: int) -> None:
        self._received += received
        if len(self._beginning) < KEPT_BYTES:
            self._beginning += _BUFFER[: min(received, KEPT_BYTES)]
        self._ending = (self._ending + _BUFFER[max(received - KEPT_BYTES, 0) : received])[-KEPT_BYTES:]
        if self._whole is None:
            self._whole = _response_length(self._beginning)
        if self._whole is not None and self._received >= self._whole and not self._answered.done():
            self._answered.set_result((self._beginning, self._ending))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._answered.done():
            self._answered.set_exception(exc or ConnectionResetError("closed before the answer"))

    async def ends(self) -> tuple[bytes, bytes]:
        """Return the first and the last bytes of the answer after all of it has arrived."""
        return await self._answered


def _response_length(beginning: bytes) -> int | None:
    """Return the size of an answer in bytes, or None until its headers have arrived."""
    head, end, _ = beginning.partition(_END_OF_HEADERS)
    if not end:
        return None
    body = _LENGTH.search(head)
    return len(head) + len(end) + (int(body[1]) if body else 0)


def _connect(port: int) -> socket.socket:
    """Connect without the event loop. On loopback this is immediate, so no client waits until all have connected."""
    connection = socket.create_connection((HOST, port))
    connection.setblocking(False)
    return connection


async def send_request(port: int, request: bytes) -> TimedResponse:
    """Open a connection, send a request and return the answer."""
    began = time.perf_counter()
    connection = _connect(port)
    connection.send(request)
    transport, exchange = await asyncio.get_running_loop().create_connection(_Exchange, sock=connection)
    try:
        beginning, ending = await exchange.ends()
    finally:
        transport.close()
    status = _STATUS_LINE.match(beginning)
    return TimedResponse(int(status[1]) if status else 0, beginning, ending, time.perf_counter() - began)


def forecast_request(ticker: str, days: int, **more: str) -> bytes:
    """Return the bytes of a request for a forecast."""
    return post_request("/api/v1/forecasts", json.dumps({"ticker": ticker, "days": days} | more).encode())


def post_request(path: str, body: bytes) -> bytes:
    """Return the bytes of a POST request with a JSON body."""
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Content-Type: application/json\r\n\r\n".encode() + body


def get_request(path: str) -> bytes:
    """Return the bytes of a GET request."""
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()


async def send_and_poll(port: int, request: bytes) -> TimedResponse:
    """Send a request and poll until its forecast has ended. Return the last answer with the seconds of all of it."""
    began = time.perf_counter()
    answer = await send_request(port, request)
    while path := answer.follow_path:
        await asyncio.sleep(POLL_S)
        answer = await send_request(port, get_request(path))
    return TimedResponse(answer.status, answer.beginning, answer.ending, time.perf_counter() - began)


def send_all_at_once(port: int, requests: Iterable[bytes]) -> list[TimedResponse]:
    """Send all requests at the same moment and return their answers."""

    async def run() -> list[TimedResponse]:
        return await asyncio.gather(*(send_and_poll(port, request) for request in requests))

    return uvloop.run(run())


def send_by_clients(
    port: int, requests: Iterator[bytes], clients: int, seconds: float = float("inf")
) -> list[TimedResponse]:
    """Send requests by so many clients, each one after the other, until no request or no time is left."""

    async def client() -> list[TimedResponse]:
        answers = []
        while time.perf_counter() < give_up and (request := next(requests, None)):
            answers.append(await send_and_poll(port, request))
        return answers

    async def run() -> list[TimedResponse]:
        return [answer for answers in await asyncio.gather(*(client() for _ in range(clients))) for answer in answers]

    give_up = time.perf_counter() + seconds
    return uvloop.run(run())


def send_at_rate(port: int, requests: Iterator[bytes], per_second: float, seconds: float) -> list[TimedResponse]:
    """Send requests at a constant rate without waiting for answers. Return the answers to all of them."""
    return send_at(port, ((number / per_second, next(requests)) for number in range(math.ceil(per_second * seconds))))


def send_at(port: int, requests: Iterable[tuple[float, bytes]]) -> list[TimedResponse]:
    """Send each request so many seconds after the beginning. Return the answers to all of them, in the same order."""

    async def run() -> list[TimedResponse]:
        began = time.perf_counter()
        sent: list[asyncio.Task[TimedResponse]] = []
        for due, request in requests:
            await asyncio.sleep(began + due - time.perf_counter())
            sent.append(asyncio.create_task(_with_status_0_if_lost(send_and_poll(port, request))))
        return await asyncio.gather(*sent)

    return uvloop.run(run())


async def _with_status_0_if_lost(work: Coroutine[Any, Any, TimedResponse]) -> TimedResponse:
    """Return an answer of status 0 for a lost connection."""
    began = time.perf_counter()
    try:
        return await work
    except OSError:
        return TimedResponse(0, b"", b"", time.perf_counter() - began)
