"""A TCP proxy that misbehaves on demand between any two programs. It has the faults of Toxiproxy's list."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from test_support.network.ports import free_port
from test_support.waiting import PATIENCE_S

Fault = Literal["latency", "hang", "reset", "slice", "truncate", "down"]
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
    """Forwards bytes from ``port`` to ``target``. A fault affects open connections and new ones."""

    def __init__(self, target: int) -> None:
        # A claimed port: it is not bound while the proxy is down, and no other program may take it meanwhile.
        self.port = free_port()
        self.opened = 0
        self._targets = itertools.cycle([target])
        self._fault: Fault | None = None
        self._on_reply: Callable[[], None] | None = None
        self._links: set[_Link] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: asyncio.Server | None = None

    async def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Listen on the loopback interface."""
        self._loop = loop
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    def set_fault(self, fault: Fault | None) -> None:
        """Inject this fault from now on. None ends every fault."""
        self._run(self._set_fault(fault))

    def set_target(self, *targets: int) -> None:
        """Forward new connections to other ports in turn, as a balancer does between replicas."""
        self._targets = itertools.cycle(targets)

    def run_before_next_reply(self, act: Callable[[], None]) -> None:
        """Call ``act`` once, after the next reply has arrived here and before it is forwarded."""
        self._on_reply = act

    async def _set_fault(self, fault: Fault | None) -> None:
        assert self._server is not None
        assert self._loop is not None
        if fault == "down" and self._server.is_serving():
            self._server.close()
        elif fault != "down" and not self._server.is_serving():
            await self.start(self._loop)
        if fault in {"down", "reset"}:
            self._reset_all()
        if self._fault == "hang":
            self._reset_all()
        self._fault = fault

    def _run(self, task: Coroutine[Any, Any, None]) -> None:
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(task, self._loop).result(PATIENCE_S)

    async def _serve(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        self.opened += 1
        try:
            far_reader, far = await asyncio.open_connection("127.0.0.1", next(self._targets))
        except OSError:
            near.close()
            return
        link = _Link(near, far)
        self._links.add(link)
        with contextlib.suppress(OSError, asyncio.CancelledError):  # cancelled only at the very end
            await asyncio.gather(
                self._forward(link, reader, far, is_reply=False), self._forward(link, far_reader, near, is_reply=True)
            )
        self._links.discard(link)
        near.close()
        far.close()

    async def _forward(
        self, link: _Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_reply: bool
    ) -> None:
        forwarded = 0
        while data := await reader.read(_CHUNK):
            if is_reply and self._on_reply is not None:
                act, self._on_reply = self._on_reply, None
                await asyncio.to_thread(act)
            forwarded = await self._write_with_fault(link, data, writer, forwarded if is_reply else -_CHUNK)
        writer.write_eof()

    async def _write_with_fault(self, link: _Link, data: bytes, writer: asyncio.StreamWriter, forwarded: int) -> int:
        match self._fault:
            case "latency":
                await asyncio.sleep(LATENCY_S)
            case "hang":
                await asyncio.sleep(3600)
            case "reset" | "down":  # a connection that was being opened when the proxy went down
                _reset(link)
            case "slice":
                await _write_byte_by_byte(data, writer)
                return forwarded + len(data)
            case "truncate" if forwarded + len(data) > TRUNCATED_AFTER:
                writer.write(data[: max(TRUNCATED_AFTER - forwarded, 0)])
                await writer.drain()
                link.near.close()
                link.far.close()
                return forwarded
        writer.write(data)
        await writer.drain()
        return forwarded + len(data)

    def _reset_all(self) -> None:
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
def fault_proxies(*targets: int) -> Iterator[list[FaultProxy]]:
    """Start a proxy before each port. All run on one event loop in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    started = [FaultProxy(target) for target in targets]
    try:
        for proxy in started:
            asyncio.run_coroutine_threadsafe(proxy.start(loop), loop).result(PATIENCE_S)
        yield started
    finally:
        for proxy in started:
            proxy.set_fault("down")
        asyncio.run_coroutine_threadsafe(_end_tasks(), loop).result(PATIENCE_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end_tasks() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
