"""Time limits for calls that cannot be interrupted, such as a name look-up without a reply.

They run in daemon threads: the process does not wait for them at its end, as it does for the threads of Python's
executors.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class NonWaitingExecutor(ThreadPoolExecutor):
    """An executor whose shutdown does not wait for running calls. asyncio requires its base class."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Start a call in a new daemon thread."""
        return _start_thread(partial(fn, *args, **kwargs))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Return at once; running calls continue."""


def run_within(timeout_s: float, call: Callable[[], T]) -> T:
    """Run ``call`` in a daemon thread and return its result.

    Raises:
        TimeoutError: the call did not end within ``timeout_s`` seconds. Its thread continues.
    """
    return _start_thread(call).result(timeout_s)


def _start_thread(call: Callable[[], T]) -> Future[T]:
    future: Future[T] = Future()
    threading.Thread(target=_complete, args=(future, call), name="provider", daemon=True).start()
    return future


def _complete(future: Future[Any], call: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(call())
    except BaseException as exc:  # noqa: BLE001 - the waiting caller raises it
        future.set_exception(exc)
