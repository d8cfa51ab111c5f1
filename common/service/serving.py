"""The life of a TCP service: start, say so, serve until told to stop, drain, end."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from common.domain.errors import Busy
from common.rpc.addresses import Address
from common.rpc.tcp import OrderServer
from common.runtime.hosts import LOOPBACK_ONLY, AllowedHosts
from common.runtime.supervision import AnyLoop, LoopName, TaskLoop, life_checks, progress_checks
from common.service.health import Check, HealthServer

EXIT_FORCED = 70
"""The exit status after a second signal: stopped at once, nothing drained."""
EVENT_LOOP_STALLED_AFTER_S = 10.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Addresses:
    """The addresses on which a TCP service listens: for orders, and for probes, which may call it by ``hosts``."""

    orders: Address
    health: Address
    hosts: AllowedHosts = LOOPBACK_ONLY


@dataclass(frozen=True)
class Probed:
    """The checks behind the probes of a service: readiness checks by name, and the background loops of its process."""

    ready: Mapping[str, Check]
    loops: Sequence[AnyLoop]


async def serve(
    service: str,
    server: OrderServer,
    addresses: Addresses,
    probed: Probed,
    *,
    drain: Callable[[], Awaitable[None]],
) -> None:
    """Serve orders and probes until SIGTERM or SIGINT; then stop accepting and wait for ``drain``.

    A second signal ends the process at once with :data:`EXIT_FORCED`.

    Args:
        service: the name in the answers to probes.
        server: takes the orders.
        addresses: where both listen.
        probed: what readiness and liveness depend on.
        drain: ends the work that was taken.
    """
    stop = _stop_event()
    pulse = event_loop_pulse()
    supervised = (pulse, *probed.loops)
    health = HealthServer(
        service,
        alive=life_checks(supervised),
        ready={"accepting": _accepting(server), **progress_checks(supervised), **probed.ready},
        hosts=addresses.hosts,
    )
    health.start(addresses.health)
    pulse.start()
    address = await server.start(addresses.orders)
    _log.info("listening on %s", address)
    await stop.wait()
    _log.info("stopping")
    await server.stop()
    await drain()
    await pulse.stop()
    health.stop()


def event_loop_pulse() -> TaskLoop:
    """Return the loop whose heartbeat shows that the event loop runs."""
    return TaskLoop(LoopName.EVENT_LOOP, _turned, every_s=1.0, stalled_after_s=EVENT_LOOP_STALLED_AFTER_S)


async def _turned() -> None:
    """Do nothing: a turn that completes shows that the event loop runs."""


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
