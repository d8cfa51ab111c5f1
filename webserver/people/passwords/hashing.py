"""Hashes of passwords with argon2id.

A hash takes 46 MiB and a good part of a second of processor time. It is computed in a thread, and few at once.
"""

from __future__ import annotations

import base64
import threading
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from common.domain.errors import Busy
from webserver.http.cooperative_work import in_thread

MOST_AT_ONCE = 1
"""The hashes that a process computes at once: it has one core, and the memory of its pod is limited."""
TURN_TIMEOUT_S = 5.0
"""Seconds for which a request waits for its turn."""
MEMORY_KIB, PASSES, LANES = 47_104, 2, 1
_SALT_BYTES, _HASH_BYTES = 16, 32
_T = TypeVar("_T")


class PasswordHashing:
    """Makes and verifies hashes. An unknown person's password costs the same as a known one's."""

    def __init__(self, memory_kib: int = MEMORY_KIB) -> None:
        self._hasher = PasswordHasher(PASSES, memory_kib, LANES, _HASH_BYTES, _SALT_BYTES)
        self._hash_of_nobody = _hash_that_nothing_matches(memory_kib)
        self._turns = threading.BoundedSemaphore(MOST_AT_ONCE)

    def hash(self, password: str) -> str:
        """Return a new hash.

        Raises:
            Busy: too many hashes are being computed.
        """
        return self._compute(lambda: self._hasher.hash(normalise_password(password)))

    def verify(self, stored: str | None, password: str) -> bool:
        """Return whether a password belongs to a stored hash. None does the same work and matches nothing.

        Raises:
            Busy: too many hashes are being computed.
        """
        compared = stored if stored is not None else self._hash_of_nobody
        return self._compute(lambda: self._matches(compared, normalise_password(password)))

    def is_outdated(self, stored: str) -> bool:
        """Return whether a hash was made with other parameters than those of today."""
        return self._hasher.check_needs_rehash(stored)

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except VerifyMismatchError:
            return False

    def _compute(self, work: Callable[[], _T]) -> _T:
        with self._turn():
            return in_thread(work)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=TURN_TIMEOUT_S):
            raise Busy
        try:
            yield
        finally:
            self._turns.release()


def normalise_password(password: str) -> str:
    """Return one form (NFKC) of a password, which keyboards and systems may send in several."""
    return unicodedata.normalize("NFKC", password)


def _hash_that_nothing_matches(memory_kib: int) -> str:
    """Return a hash of zeros in the usual format. No known password has it."""
    salt, digest = (base64.b64encode(bytes(length)).decode().rstrip("=") for length in (_SALT_BYTES, _HASH_BYTES))
    return f"$argon2id$v=19$m={memory_kib},t={PASSES},p={LANES}${salt}${digest}"
