"""Checks email addresses and passwords."""

from __future__ import annotations

import logging

from common.domain.errors import Unauthenticated
from common.sql.repositories.people.accounts import Account, find_account_by_email, replace_password_hash
from webserver.access.credential_store import DISABLED_ACCOUNT
from webserver.people.resources import Resources

WRONG_LOGIN = "The email address or the password is wrong. Check both, or set a new password."
_log = logging.getLogger(__name__)


class LogIn:
    """Finds the account of an email address and a password.

    Args:
        resources: the stores, the clock, the hashes and the mails.
    """

    def __init__(self, resources: Resources) -> None:
        self._store = resources.store
        self._hashing = resources.hashing
        self._attempts = resources.attempts

    def check(self, email: str, password: str, address: str) -> Account:
        """Return the account. An unknown address and a wrong password get the same answer after the same work.

        Raises:
            Unauthenticated: they are wrong, or the account is disabled.
            RateLimited: there were too many attempts.
        """
        self._attempts.count_password(email, address)
        account = self._store.read(lambda connection: find_account_by_email(connection, email))
        stored = account.password_hash if account else None
        if not self._hashing.verify(stored, password) or account is None or stored is None:
            _log.warning("a login from %s failed", address)
            raise Unauthenticated(WRONG_LOGIN)
        if account.disabled_at is not None:
            raise Unauthenticated(DISABLED_ACCOUNT)
        if self._hashing.is_outdated(stored):
            new = self._hashing.hash(password)
            self._store.transaction(lambda connection: replace_password_hash(connection, account.id, stored, new))
        return account
