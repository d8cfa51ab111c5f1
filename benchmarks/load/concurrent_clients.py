"""Many clients at once in one thread: each has a connection of its own and keeps only the ends of its answer."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import time
from collections.abc import Coroutine, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import uvloop

HOST = "127.0.0.1"
POLL_S = 0.1
ENOUGH = 4096
"""How many bytes of either end of an answer are kept."""
_STATUS_LINE = re.compile(rb"HTTP/1\.1 (\d{3})")
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_RETRY_AFTER = re.compile(rb"\r\nretry-after: \d+", re.IGNORECASE)
_END_OF_HEADERS = b"\r\n\r\n"
_STAGE = re.compile(rb'"status": ?"(\w+)"')
_URL = re.compile(rb'"url": ?"([^"]+)"')


@dataclass(frozen=True)
class TimedResponse:
    """An answer's status, its first and its last bytes, and how long it took from the connection on."""

    status: int
    beginning: bytes
    ending: bytes
    seconds: float

    @property
    def is_done(self) -> bool:
        """Whether it is a finished forecast."""
        return self.status == 200 and self._stage == b"done"

    @property
    def is_refused(self) -> bool:
        """Whether it says that there is too much to do, and when to come again."""
        return self.status == 503 and _RETRY_AFTER.search(self.beginning) is not None

    @property
    def follow_path(self) -> str | None:
        """Where to look for the end of a forecast that is under way."""
        url = _URL.search(self.ending)
        return url[1].decode() if url and self.status < 300 and self._stage != b"done" else None

    @property
    def _stage(self) -> bytes:
        found = _STAGE.search(self.ending)
        return found[1] if found else b""


_BUFFER = bytearray(1 << 18)
"""Where all answers arrive: there is one thread, and what is kept of them is copied at once."""


class _Exchange(asyncio.BufferedProtocol):
    """Counts the bytes of an answer."""

    def __init__(self) -> None:
        self._beginning = self._ending = b""
        self._received = 0
        self._whole: int | None = None
        self._answered: asyncio.Future[tuple[bytes, bytes]] = asyncio.get_running_loop().create_future()

    def get_buffer(self, _size_hint: int) -> bytearray:
        return _BUFFER

    def buffer_updated(self, received: int) -> None:
        self._received += received
        if len(self._beginning) < ENOUGH:
            self._beginning += _BUFFER[: min(received, ENOUGH)]
        self._ending = (self._ending + _BUFFER[max(received - ENOUGH, 0) : received])[-ENOUGH:]
        if self._whole is None:
            self._whole = _length(self._beginning)
        if self._whole is not None and self._received >= self._whole and not self._answered.done():
            self._answered.set_result((self._beginning, self._ending))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._answered.done():
            self._answered.set_exception(exc or ConnectionResetError("closed before the answer"))

    async def ends(self) -> tuple[bytes, bytes]:
        """The first and the last bytes of the answer, once all of it is there."""
        return await self._answered


def _length(beginning: bytes) -> int | None:
    """How many bytes an answer has whose headers are there."""
    head, end, _ = beginning.partition(_END_OF_HEADERS)
    if not end:
        return None
    body = _LENGTH.search(head)
    return len(head) + len(end) + (int(body[1]) if body else 0)


def _connected(port: int) -> socket.socket:
    """A connection, which on this machine is there at once: the first of a crowd need not wait for the last."""
    connection = socket.create_connection((HOST, port))
    connection.setblocking(False)
    return connection


async def exchanged(port: int, request: bytes) -> TimedResponse:
    """Open a connection, send a request, and return the answer."""
    began = time.perf_counter()
    connection = _connected(port)
    connection.send(request)
    transport, exchange = await asyncio.get_running_loop().create_connection(_Exchange, sock=connection)
    try:
        beginning, ending = await exchange.ends()
    finally:
        transport.close()
    status = _STATUS_LINE.match(beginning)
    return TimedResponse(int(status[1]) if status else 0, beginning, ending, time.perf_counter() - began)


def asking(ticker: str, days: int, **more: str) -> bytes:
    """The request for a forecast."""
    return posting("/api/v1/forecasts", json.dumps({"ticker": ticker, "days": days} | more).encode())


def posting(path: str, body: bytes) -> bytes:
    """A request with a body of JSON."""
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Content-Type: application/json\r\n\r\n".encode() + body


def getting(path: str) -> bytes:
    """A request without one."""
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()


async def followed(port: int, request: bytes) -> TimedResponse:
    """Ask, and poll where the answer is that it takes longer; the seconds are those until the end."""
    began = time.perf_counter()
    answer = await exchanged(port, request)
    while path := answer.follow_path:
        await asyncio.sleep(POLL_S)
        answer = await exchanged(port, getting(path))
    return TimedResponse(answer.status, answer.beginning, answer.ending, time.perf_counter() - began)


def all_at_once(port: int, requests: Iterable[bytes]) -> list[TimedResponse]:
    """Send every request at the same moment."""

    async def run() -> list[TimedResponse]:
        return await asyncio.gather(*(followed(port, request) for request in requests))

    return uvloop.run(run())


def in_turns(port: int, requests: Iterator[bytes], clients: int, seconds: float = float("inf")) -> list[TimedResponse]:
    """Let some clients send one request after the other, until there are no more or the time is over."""

    async def client() -> list[TimedResponse]:
        answers = []
        while time.perf_counter() < give_up and (request := next(requests, None)):
            answers.append(await followed(port, request))
        return answers

    async def run() -> list[TimedResponse]:
        return [answer for answers in await asyncio.gather(*(client() for _ in range(clients))) for answer in answers]

    give_up = time.perf_counter() + seconds
    return uvloop.run(run())


def at_a_rate(port: int, requests: Iterator[bytes], per_second: float, seconds: float) -> list[TimedResponse]:
    """Send requests at even distances, whatever the answers are; return all answers, the last ones too."""

    async def run() -> list[TimedResponse]:
        began = time.perf_counter()
        sent: list[asyncio.Task[TimedResponse]] = []
        while (due := len(sent) / per_second) < seconds:
            await asyncio.sleep(began + due - time.perf_counter())
            sent.append(asyncio.create_task(_whole(followed(port, next(requests)))))
        return await asyncio.gather(*sent)

    return uvloop.run(run())


async def _whole(work: Coroutine[Any, Any, TimedResponse]) -> TimedResponse:
    """A connection that was lost is an answer too, of status 0."""
    began = time.perf_counter()
    try:
        return await work
    except OSError:
        return TimedResponse(0, b"", b"", time.perf_counter() - began)
