"""Cooperative scheduling of costly work: in short pieces, one costly request at a time, or in a thread.

A process of the web server serves all clients in one thread. A long computation delays every probe and every response.
A cheap request needs several turns of the event loop. A piece of costly work therefore starts only in a turn in which
nothing else is ready.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from common.domain.errors import Busy

PIECE_S = 0.001
"""Seconds for which a costly request computes before other requests get a turn."""
LONGEST_PAUSE_S = 0.01
"""The most seconds between two pieces of a costly request, which must also end in a busy process."""
TURN_TIMEOUT_S = 5.0
"""Seconds for which a costly request waits for its turn."""
_T = TypeVar("_T")
_costly = threading.BoundedSemaphore(1)
_next_piece = threading.Lock()
_prompt_blocks: list[None] = []
"""An entry for each present block of :func:`before_costly_work`."""
_no_prompt_block = threading.Event()
_no_prompt_block.set()


@contextmanager
def costly_turn() -> Iterator[None]:
    """Run the block as the only costly request of this process; cheap requests go first.

    Raises:
        Busy: the request did not get its turn in time.
    """
    if not _costly.acquire(timeout=TURN_TIMEOUT_S):
        raise Busy
    try:
        give_way()
        yield
    finally:
        _costly.release()


def give_way() -> None:
    """Give other requests of this process a turn; under gevent, return once nothing else is ready.

    One costly request continues in each turn of the event loop.
    """
    if _is_under_gevent():
        import gevent  # noqa: PLC0415 - only if the process has loaded it

        with _next_piece:
            gevent.with_timeout(LONGEST_PAUSE_S, _wait_until_idle, gevent.idle, timeout_value=None)
    else:
        time.sleep(0)


@contextmanager
def before_costly_work() -> Iterator[None]:
    """Start no piece of costly work during the block, which is a round trip to Redis."""
    _prompt_blocks.append(None)
    _no_prompt_block.clear()
    try:
        yield
    finally:
        _prompt_blocks.pop()
        if not _prompt_blocks:
            _no_prompt_block.set()


def _wait_until_idle(idle: Callable[[], None]) -> None:
    while True:
        _no_prompt_block.wait()
        idle()
        if _no_prompt_block.is_set():
            return


def in_pieces(items: Iterable[_T]) -> Iterator[_T]:
    """Yield the items, and give other requests a turn after every :data:`PIECE_S`."""
    until = time.perf_counter() + PIECE_S
    for item in items:
        yield item
        if time.perf_counter() > until:
            give_way()
            until = time.perf_counter() + PIECE_S


def in_thread(work: Callable[[], _T]) -> _T:
    """Return the result of ``work``; under gevent it runs in a real thread, for work that releases the GIL."""
    if not _is_under_gevent():
        return work()
    result: _T = sys.modules["gevent"].get_hub().threadpool.apply(work)
    return result


def _is_under_gevent() -> bool:
    """Return whether greenlets share this process's thread."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and monkey.is_module_patched("threading")
