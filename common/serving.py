"""The life of a TCP service: start, say so, serve until told to stop, drain, end."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from common.addresses import Address
from common.errors import Busy
from common.health import Check, HealthServer
from common.tcp import OrderServer

EXIT_FORCED = 70
"""The exit status after a second signal: stopped at once, nothing drained."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Addresses:
    """Where a TCP service listens: for orders, and for probes."""

    orders: Address
    health: Address


async def serve(
    service: str,
    server: OrderServer,
    addresses: Addresses,
    *,
    ready: dict[str, Check],
    drain: Callable[[], Awaitable[None]],
) -> None:
    """Serve orders and probes until SIGTERM or SIGINT; then stop accepting and wait for ``drain``.

    A second signal ends the process at once with :data:`EXIT_FORCED`.
    """
    stop = _stop_event()
    pulse = Pulse()
    health = HealthServer(service, alive={"loop": pulse.check}, ready={"accepting": _accepting(server), **ready})
    health.start(addresses.health)
    address = await server.start(addresses.orders)
    _log.info("listening on %s", address)
    beating = asyncio.create_task(pulse.beat())
    await stop.wait()
    _log.info("stopping")
    await server.stop()
    await drain()
    beating.cancel()
    health.stop()


class Pulse:
    """Shows that the event loop still turns."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    async def beat(self) -> None:
        """Beat once a second, for ever."""
        while True:
            self._last = time.monotonic()
            await asyncio.sleep(1)

    def check(self) -> None:
        """Raise :class:`Busy` where the last beat is more than ten seconds ago."""
        if time.monotonic() - self._last > 10:
            raise Busy("The event loop is stuck.")


def _accepting(server: OrderServer) -> Check:
    def check() -> None:
        if not server.accepting:
            raise Busy("The service is starting or stopping.")

    return check


def _stop_event() -> asyncio.Event:
    stop = asyncio.Event()

    def on_signal() -> None:
        if stop.is_set():
            os._exit(EXIT_FORCED)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    return stop
