"""Faults of this process that look like those of a source: no file descriptors, no memory, no threads."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

_LACKING = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.EADDRNOTAVAIL}
_NEEDED = 6
"""An event loop takes three descriptors, a connection one, a name look-up two."""


def is_local_fault(error: BaseException) -> bool:
    """Return whether a call failed because this process lacks what every call needs.

    Libraries hide the cause, and some name look-ups report a missing descriptor as an unknown host: so a few
    descriptors are opened for a moment, too.
    """
    return any(map(_is_lack, _chain(error, set()))) or lacks_descriptors()


def _chain(error: BaseException | None, seen: set[int]) -> Iterator[BaseException]:
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    yield error
    for inner in getattr(error, "exceptions", ()):
        yield from _chain(inner, seen)
    yield from _chain(error.__cause__, seen)
    yield from _chain(error.__context__, seen)


def _is_lack(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _LACKING
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and "start new thread" in str(error))


def lacks_descriptors() -> bool:
    """Return whether fewer file descriptors are free than a call needs."""
    opened: list[int] = []
    try:
        for _ in range(_NEEDED):
            opened.append(os.open(os.devnull, os.O_RDONLY))  # noqa: PERF401 - those before a failure are closed
    except OSError as exc:
        return exc.errno in _LACKING
    finally:
        for descriptor in opened:
            os.close(descriptor)
    return False
