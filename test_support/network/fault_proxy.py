"""A TCP proxy that misbehaves as told, between any two parts: the faults of Toxiproxy's list, on asyncio's streams."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["latency", "hang", "reset", "slice", "truncate", "down"]
LATENCY_S = 0.2
TRUNCATED_AFTER = 20
_CHUNK = 65_536
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(eq=False)
class _Link:
    """One connection through the proxy."""

    near: asyncio.StreamWriter
    far: asyncio.StreamWriter


class FaultProxy:
    """Passes bytes on from ``port`` to ``target``; ``fault`` says how badly, for old connections and new ones."""

    def __init__(self, target: int) -> None:
        self.port = 0
        self.opened = 0
        self._target = target
        self._fault: Kind | None = None
        self._on_reply: Callable[[], None] | None = None
        self._links: set[_Link] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: asyncio.Server | None = None

    async def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Listen on a free port of the loopback interface."""
        self._loop = loop
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def become(self, fault: Kind | None) -> None:
        """Misbehave in this way from now on, or, with None, no longer."""
        self._run(self._become(fault))

    def lead_to(self, target: int) -> None:
        """Pass new connections on to another port, as where a service has several replicas and one is left out."""
        self._target = target

    def before_next_reply(self, act: Callable[[], None]) -> None:
        """Do something once, when a reply has been given but not passed on."""
        self._on_reply = act

    async def _become(self, fault: Kind | None) -> None:
        assert self._server is not None
        assert self._loop is not None
        if fault == "down" and self._server.is_serving():
            self._server.close()
        elif fault != "down" and not self._server.is_serving():
            await self.start(self._loop)
        if fault in {"down", "reset"}:
            self._cut()
        if self._fault == "hang":
            self._cut()
        self._fault = fault

    def _run(self, task: Coroutine[Any, Any, None]) -> None:
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(task, self._loop).result(5)

    async def _serve(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        self.opened += 1
        try:
            far_reader, far = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            near.close()
            return
        link = _Link(near, far)
        self._links.add(link)
        with contextlib.suppress(OSError, asyncio.CancelledError):  # cancelled only at the very end
            await asyncio.gather(
                self._pass_on(link, reader, far, is_reply=False), self._pass_on(link, far_reader, near, is_reply=True)
            )
        self._links.discard(link)
        near.close()
        far.close()

    async def _pass_on(
        self, link: _Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_reply: bool
    ) -> None:
        passed = 0
        while data := await reader.read(_CHUNK):
            if is_reply and self._on_reply is not None:
                act, self._on_reply = self._on_reply, None
                await asyncio.to_thread(act)
            passed = await self._pass(link, data, writer, passed if is_reply else -_CHUNK)
        writer.write_eof()

    async def _pass(self, link: _Link, data: bytes, writer: asyncio.StreamWriter, passed: int) -> int:
        match self._fault:
            case "latency":
                await asyncio.sleep(LATENCY_S)
            case "hang":
                await asyncio.sleep(3600)
            case "reset":
                _reset(link)
            case "slice":
                await _write_byte_by_byte(data, writer)
                return passed + len(data)
            case "truncate" if passed + len(data) > TRUNCATED_AFTER:
                writer.write(data[: max(TRUNCATED_AFTER - passed, 0)])
                await writer.drain()
                link.near.close()
                link.far.close()
                return passed
        writer.write(data)
        await writer.drain()
        return passed + len(data)

    def _cut(self) -> None:
        for link in list(self._links):
            _reset(link)


def _reset(link: _Link) -> None:
    for writer in (link.near, link.far):
        sock = writer.get_extra_info("socket")
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        writer.transport.abort()


async def _write_byte_by_byte(data: bytes, writer: asyncio.StreamWriter) -> None:
    for n in range(len(data)):
        writer.write(data[n : n + 1])
        await writer.drain()
        if n % 64 == 0:
            await asyncio.sleep(0)


@contextlib.contextmanager
def proxies(*targets: int) -> Iterator[list[FaultProxy]]:
    """A proxy before each of the ports, all on one event loop in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    made = [FaultProxy(target) for target in targets]
    try:
        for proxy in made:
            asyncio.run_coroutine_threadsafe(proxy.start(loop), loop).result(5)
        yield made
    finally:
        for proxy in made:
            proxy.become("down")
        asyncio.run_coroutine_threadsafe(_end_tasks(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end_tasks() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
