"""Reads a board's Parquet file in a process of its own: see :mod:`webserver.market.board.parquet_columns`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

_PROGRAM = Path(__file__).with_name("parquet_columns.py")


class DamagedBoard(Exception):
    """The file is no Parquet file, or has too many rows."""


@contextmanager
def reading_parquet(body: bytes, run_in_thread: Callable[[Callable[[], int]], int]) -> Iterator[Iterable[bytes]]:
    """Yield the lines that describe a Parquet file: its metadata, and each column. Memory holds one line.

    Args:
        body: the file.
        run_in_thread: runs a function that waits for the process away from the event loop, and returns its value.

    Raises:
        DamagedBoard: it cannot be read.
    """
    with TemporaryFile() as given, TemporaryFile() as made:
        given.write(body)
        given.seek(0)
        inherited = (given.fileno(), made.fileno(), sys.stderr.fileno() if _has_stderr() else None)
        if run_in_thread(lambda: _run(*inherited)) != 0:
            raise DamagedBoard
        made.seek(0)
        yield made


def _has_stderr() -> bool:
    """Return whether standard error is a file, which it is not in some tests."""
    try:
        sys.stderr.fileno()
    except (OSError, AttributeError, ValueError):
        return False
    return True


def _run(given: int, made: int, errors: int | None) -> int:
    """Run the program and return its status. gevent's subprocess would need the loop of this thread."""
    command = [sys.executable, "-I", str(_PROGRAM)]
    actions = [(os.POSIX_SPAWN_DUP2, given, 0), (os.POSIX_SPAWN_DUP2, made, 1)]
    actions += [] if errors is None else [(os.POSIX_SPAWN_DUP2, errors, 2)]
    process = os.posix_spawn(sys.executable, command, os.environ, file_actions=actions)
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status)
