"""Limits on guessing passwords, and on mails to one address. Redis counts for all replicas."""

from __future__ import annotations

import hashlib

from common.redis.rate_windows import Quota, QuotaCheck, RateWindows, Window

_QUARTER, _HOUR = 900, 3600


class Attempts:
    """Counts attempts. While Redis cannot be reached, nobody logs in: guesses would not be counted.

    Args:
        windows: the counts in Redis.
    """

    def __init__(self, windows: RateWindows) -> None:
        self._windows = windows

    def count_password(self, email: str, address: str) -> None:
        """Count an attempt to log in, whether the account exists or not.

        A stranger's wrong attempts reach the limit of one account and one address first, so that the person can still
        log in from another address.

        Raises:
            RateLimited: there were too many.
            Busy: they cannot be counted.
        """
        account = _short_hash(email)
        self._count(
            Quota("account-and-address", f"login:{account}:{address}", Window(10, _QUARTER)),
            Quota("account", f"login:{account}", Window(100, _HOUR)),
            Quota("address", f"login-from:{address}", Window(100, _QUARTER)),
        )

    def count_link(self, email: str, address: str) -> None:
        """Count a request for a mail with a link.

        Raises:
            RateLimited: there were too many.
            Busy: they cannot be counted.
        """
        self._count(
            Quota("account", f"mail:{_short_hash(email)}", Window(5, _HOUR)),
            Quota("address", f"mail-from:{address}", Window(20, _HOUR)),
        )

    def count_secret(self, address: str) -> None:
        """Count a use of a one-time link or a registration.

        Raises:
            RateLimited: there were too many.
            Busy: they cannot be counted.
        """
        self._count(Quota("address", f"link-from:{address}", Window(60, _HOUR)))

    def _count(self, *quotas: Quota) -> None:
        self._windows.check(QuotaCheck(quotas))


def _short_hash(email: str) -> str:
    """Return a name for an email address that does not show it in Redis."""
    return hashlib.sha256(email.encode()).hexdigest()[:32]
