"""The confirmation of a sensitive change: a person shows the password again, or has logged in a moment ago."""

from __future__ import annotations

from datetime import timedelta

from common.domain.access import Caller, CallerKind
from common.domain.errors import Forbidden, InvalidRequest
from common.sql.repositories.people.sessions import find_session
from webserver.people.resources import Resources

RECENT = timedelta(minutes=15)
"""The age of a login that confirms the change of a person without a password."""
WRONG_PASSWORD = "The present password is wrong. Type it again."  # noqa: S105 - a sentence
NO_PASSWORD = "This needs your present password (present_password). Add it, then try again."  # noqa: S105 - a sentence
OLD_LOGIN = "Your login is too old for this change. Log out, log in again, then repeat it."


class Confirmation:
    """Confirms that the person of a session is still the one who logged in.

    Args:
        resources: the stores, the clock, the hashes and the mails.
    """

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def check(self, caller: Caller, password: str | None, address: str) -> None:
        """Return if the caller has no session, or has confirmed the change.

        Raises:
            InvalidRequest: the password is missing or wrong.
            Forbidden: the account has no password, and the login is too old.
            RateLimited: there were too many attempts.
        """
        if caller.kind is not CallerKind.SESSION:
            return
        found = self._resources.store.read(lambda connection: find_session(connection, caller.credential or ""))
        stored = found[1].password_hash if found else None
        if stored is None:
            if found is None or self._resources.now() - found[0].created_at > RECENT:
                raise Forbidden(OLD_LOGIN)
            return
        if password is None:
            raise InvalidRequest(NO_PASSWORD)
        self._resources.attempts.count_password(caller.email or "", address)
        if not self._resources.hashing.verify(stored, password):
            raise InvalidRequest(WRONG_PASSWORD)
