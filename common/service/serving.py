"""The life cycle of a TCP service: start, serve until a signal, drain, stop."""

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
from common.runtime.supervision import AnyLoop, LoopName, TaskLoop, make_liveness_checks, make_progress_checks
from common.service.health import Check, HealthServer

EXIT_FORCED = 70
"""The exit status after a second signal, which stops the process without draining."""
EVENT_LOOP_STALLED_AFTER_S = 10.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Addresses:
    """The addresses of a TCP service for orders and for probes, and the host names that probes may use."""

    orders: Address
    health: Address
    hosts: AllowedHosts = LOOPBACK_ONLY


@dataclass(frozen=True)
class Probes:
    """The checks of a service's probes: readiness checks by name, and the background loops of the process."""

    ready: Mapping[str, Check]
    loops: Sequence[AnyLoop]


async def serve(
    service: str,
    server: OrderServer,
    addresses: Addresses,
    probes: Probes,
    *,
    drain: Callable[[], Awaitable[None]],
) -> None:
    """Serve orders and probes until SIGTERM, SIGINT or SIGHUP; then stop accepting and wait for ``drain``.

    After SIGHUP, as after the others, a supervisor starts the service again with its present settings. A second signal
    ends the process at once with :data:`EXIT_FORCED`.

    Args:
        service: the name in the responses to probes.
        server: receives the orders.
        addresses: the addresses for orders and probes.
        probes: the checks of readiness and liveness.
        drain: waits for the accepted orders to end.
    """
    stop = _make_stop_event()
    heartbeat = make_event_loop_heartbeat()
    supervised = (heartbeat, *probes.loops)
    health = HealthServer(
        service,
        alive=make_liveness_checks(supervised),
        ready={"accepting": _make_accepting_check(server), **make_progress_checks(supervised), **probes.ready},
        hosts=addresses.hosts,
    )
    health.start(addresses.health)
    heartbeat.start()
    address = await server.start(addresses.orders)
    _log.info("listening on %s", address)
    await stop.wait()
    _log.info("stopping")
    await server.stop()
    await drain()
    await heartbeat.stop()
    health.stop()


def make_event_loop_heartbeat() -> TaskLoop:
    """Return a loop whose heartbeat shows that the event loop runs."""
    return TaskLoop(LoopName.EVENT_LOOP, _do_nothing, every_s=1.0, stalled_after_s=EVENT_LOOP_STALLED_AFTER_S)


async def _do_nothing() -> None:
    """Do nothing; the turn only completes if the event loop runs."""


def _make_accepting_check(server: OrderServer) -> Check:
    def check() -> None:
        if not server.is_accepting:
            raise Busy("The service is starting or stopping.")

    return check


def _make_stop_event() -> asyncio.Event:
    stop = asyncio.Event()

    def on_signal() -> None:
        if stop.is_set():
            os._exit(EXIT_FORCED)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # A program that nohup started ignores hang-ups, and goes on when its terminal closes.
        is_ignored = number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN
        if not is_ignored:
            loop.add_signal_handler(number, on_signal)
    return stop
