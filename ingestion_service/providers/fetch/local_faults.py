"""Failures of this process that look like failures of a provider: no file descriptors, memory or threads."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

_SHORTAGES = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.EADDRNOTAVAIL}
_DESCRIPTORS_OF_A_CALL = 6
"""The file descriptors of one call: three for the event loop, one for the connection, two for a name look-up."""


def is_local_fault(error: BaseException) -> bool:
    """Return whether a call failed because this process lacks a resource.

    Libraries hide the cause, and some name look-ups report a missing descriptor as an unknown host. So the function
    also checks whether enough descriptors are free.
    """
    return any(map(_is_shortage, _walk_causes(error, set()))) or has_too_few_descriptors()


def _walk_causes(error: BaseException | None, seen: set[int]) -> Iterator[BaseException]:
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    yield error
    for inner in getattr(error, "exceptions", ()):
        yield from _walk_causes(inner, seen)
    yield from _walk_causes(error.__cause__, seen)
    yield from _walk_causes(error.__context__, seen)


def _is_shortage(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _SHORTAGES
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and "start new thread" in str(error))


def has_too_few_descriptors() -> bool:
    """Return whether fewer file descriptors are free than a call needs."""
    opened: list[int] = []
    try:
        for _ in range(_DESCRIPTORS_OF_A_CALL):
            opened.append(os.open(os.devnull, os.O_RDONLY))  # noqa: PERF401 - those before a failure are closed
    except OSError as exc:
        return exc.errno in _SHORTAGES
    finally:
        for descriptor in opened:
            os.close(descriptor)
    return False
