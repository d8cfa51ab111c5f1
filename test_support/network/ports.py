"""Ports for the servers of tests, each for one process of this machine alone, however many runs there are at once.

A port that was free a moment ago may be somebody's by now: another test's, or, from 32768 on, that of any connection
that goes out. So these lie below, and are claimed by a lock on a file, which ends with the process that holds it.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from pathlib import Path
from random import SystemRandom

from local_stack.ports import ports_of
from local_stack.processes.pid_files import try_lock
from local_stack.processes.probes import is_free
from test_support.paths import ROOT

_LOCKS = Path(tempfile.gettempdir()) / f"stockcast-test-ports-{os.getuid()}"
_ANY, _OF_STACKS = range(10_000, 32_768), range(5_100, 9_900)
# Not the generator that tests may seed: every run would choose the same.
_random = SystemRandom()


class NoPorts(Exception):
    """Every port that was tried is taken."""


def free_port() -> int:
    """Return a TCP port that stays free for this process, for programs that cannot take port 0."""
    for port in _random.sample(_ANY, 500):
        if _claimed((port,)):
            return port
    raise NoPorts


def quiet_port() -> int:
    """Return a port for a stack, with those that it derives from it, on which no stack has left anything."""
    for port in _random.sample(_OF_STACKS, 500):
        if not (ROOT / ".data" / str(port)).exists() and _claimed(ports_of(port).all()):
            return port
    raise NoPorts


def _claimed(ports: tuple[int, ...]) -> bool:
    """Take all of the ports or none; what is taken is kept until the process ends."""
    _LOCKS.mkdir(exist_ok=True)
    locks: list[int] = []
    for port in ports:
        locks.append(os.open(_LOCKS / str(port), os.O_RDWR | os.O_CREAT, 0o644))
        if not try_lock(locks[-1], fcntl.LOCK_EX) or not is_free(port):
            for lock in locks:
                os.close(lock)
            return False
    return True
