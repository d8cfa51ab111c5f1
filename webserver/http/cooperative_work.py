"""Costly work that lets other clients go on: in short pieces, one costly request at a time, or in a thread of its own.

The web server's process has one thread for all clients. Work that computes for long delays every probe and every
answer. A cheap request needs several turns of the event loop. A piece of costly work therefore starts only in a turn in
which nothing else is ready.
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
"""Seconds that a costly request computes before other requests get a turn."""
LONGEST_PAUSE_S = 0.01
"""Seconds that a costly request waits for an idle event loop between two pieces: it must end on a busy process too."""
PATIENCE_S = 5.0
"""Seconds that a costly request waits for those before it."""
_T = TypeVar("_T")
_costly = threading.BoundedSemaphore(1)
_next_piece = threading.Lock()
_prompt: list[None] = []
"""An entry for each block of :func:`before_costly_work`."""
_none_prompt = threading.Event()
_none_prompt.set()


@contextmanager
def costly_turn() -> Iterator[None]:
    """Be the only costly request that computes in this process; cheap requests go first.

    Raises:
        Busy: there are too many costly requests.
    """
    if not _costly.acquire(timeout=PATIENCE_S):
        raise Busy
    try:
        give_way()
        yield
    finally:
        _costly.release()


def give_way() -> None:
    """Let the other clients of this process go on; under gevent until nothing else is ready.

    One waiting request continues in each turn of the event loop.
    """
    if _is_under_gevent():
        import gevent  # noqa: PLC0415 - only where the process has loaded it

        with _next_piece:
            gevent.with_timeout(LONGEST_PAUSE_S, _wait_until_idle, gevent.idle, timeout_value=None)
    else:
        time.sleep(0)


@contextmanager
def before_costly_work() -> Iterator[None]:
    """Let no piece of costly work start while the block waits, which takes a round trip to Redis."""
    _prompt.append(None)
    _none_prompt.clear()
    try:
        yield
    finally:
        _prompt.pop()
        if not _prompt:
            _none_prompt.set()


def _wait_until_idle(idle: Callable[[], None]) -> None:
    while True:
        _none_prompt.wait()
        idle()
        if _none_prompt.is_set():
            return


def in_pieces(items: Iterable[_T]) -> Iterator[_T]:
    """Yield the items, and let the other clients go on every few milliseconds."""
    until = time.perf_counter() + PIECE_S
    for item in items:
        yield item
        if time.perf_counter() > until:
            give_way()
            until = time.perf_counter() + PIECE_S


def in_thread(work: Callable[[], _T]) -> _T:
    """Return what ``work`` returns; under gevent a real thread does it, for work that releases the interpreter."""
    if not _is_under_gevent():
        return work()
    result: _T = sys.modules["gevent"].get_hub().threadpool.apply(work)
    return result


def _is_under_gevent() -> bool:
    """Whether greenlets share this process's thread."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and monkey.is_module_patched("threading")
