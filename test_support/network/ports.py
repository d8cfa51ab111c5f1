"""Ports for the servers of tests. No two processes of this machine receive the same port.

A port that was free a moment ago may be in use by now: by another test, or, from 32768 on, by an outgoing connection.
These ports are therefore below 32768, and each is claimed by a lock on a file. The lock ends with the process.
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
_REFUSED_BY_BROWSERS = {6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697}
_PORTS = range(10_081, 32_768)
_STACK_PORTS = sorted(set(range(5_100, 9_900)) - _REFUSED_BY_BROWSERS)
# A separate generator: tests may seed the global one, and every run would then choose the same ports.
_random = SystemRandom()


class NoPorts(Exception):
    """No port was free."""


def free_port() -> int:
    """Return a TCP port that stays free for this process, for programs that cannot take port 0."""
    for port in _random.sample(_PORTS, 500):
        if _claim((port,)):
            return port
    raise NoPorts


def free_stack_port() -> int:
    """Return the port of a new stack. The ports derived from it are free too, and no earlier stack left data there."""
    for port in _random.sample(_STACK_PORTS, 500):
        if not (ROOT / ".data" / str(port)).exists() and _claim(ports_of(port).all()):
            return port
    raise NoPorts


def _claim(ports: tuple[int, ...]) -> bool:
    """Claim all of the ports until this process ends, or none. Return whether they were claimed."""
    _LOCKS.mkdir(exist_ok=True)
    locks: list[int] = []
    for port in ports:
        locks.append(os.open(_LOCKS / str(port), os.O_RDWR | os.O_CREAT, 0o644))
        if not try_lock(locks[-1], fcntl.LOCK_EX) or not is_free(port):
            for lock in locks:
                os.close(lock)
            return False
    return True
