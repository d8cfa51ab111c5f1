"""The sessions of people who have logged in."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from common.domain.access import Caller, hash_secret
from common.domain.errors import NotFound, Unauthenticated
from common.sql.repositories.people import sessions
from common.sql.repositories.people.accounts import Account, find_account_for_update
from common.sql.repositories.people.sessions import Session
from common.sql.store import Connection
from webserver.access.credential_store import session_expiry
from webserver.people.resources import Resources

NO_SESSION = "You have no session with this id. Choose one of GET /api/v1/sessions."
CHANGED_MEANWHILE = "The account was changed at the same time. Log in again."


@dataclass(frozen=True)
class Browser:
    """The browser that logs in.

    Args:
        address: its address.
        user_agent: the browser's own name.
        old_secret: the cookie that it has so far. That session ends.
    """

    address: str
    user_agent: str = ""
    old_secret: str | None = field(default=None, repr=False)


class SessionService:
    """Starts, lists and ends sessions.

    Args:
        resources: the stores, the clock, the hashes and the mails.
    """

    def __init__(self, resources: Resources) -> None:
        self._store = resources.store
        self._now = resources.now

    def start(self, account: Account, browser: Browser) -> str:
        """Start a session with a new secret, and return the secret.

        Raises:
            Unauthenticated: the account was disabled or got another password since it was read.
        """
        now, secret = self._now(), make_session_secret()

        def start(connection: Connection) -> None:
            present = find_account_for_update(connection, account.id)
            if present is None or _credentials(present) != _credentials(account):
                raise Unauthenticated(CHANGED_MEANWHILE)
            if browser.old_secret is not None:
                sessions.delete_session(connection, hash_secret(browser.old_secret))
            sessions.delete_expired_sessions(connection, now)
            sessions.add_session(connection, make_session(account.id, secret, now, browser.user_agent))

        self._store.transaction(start)
        return secret

    def list_all(self, account_id: str) -> list[Session]:
        """Return the sessions of an account, the last seen first."""
        now = self._now()
        return self._store.read(lambda connection: sessions.list_sessions(connection, account_id, now))

    def end(self, caller: Caller, session_id: str) -> None:
        """End a session of the caller's account; raise NotFound if there is none with this id."""
        found = [session for session in self.list_all(caller.account_id or "") if id_of(session) == session_id]
        if not found:
            raise NotFound(NO_SESSION)
        self._store.transaction(lambda connection: sessions.delete_session(connection, found[0].hash))

    def end_present(self, caller: Caller) -> None:
        """End the session of the caller."""
        self._store.transaction(lambda connection: sessions.delete_session(connection, caller.credential or ""))

    def end_all(self, account_id: str) -> None:
        """End every session of an account."""
        self._store.transaction(lambda connection: sessions.delete_sessions_of(connection, account_id))


def make_session(account_id: str, secret: str, now: datetime, user_agent: str) -> Session:
    """Return a new session for the store."""
    return Session(hash_secret(secret), account_id, now, now, session_expiry(now, now), user_agent)


def make_session_secret() -> str:
    """Return 256 random bits as text."""
    return secrets.token_urlsafe(32)


def id_of(session: Session) -> str:
    """Return the public id of a session, from which nobody can find its hash."""
    return str(UUID(hash_secret(session.hash)[:32]))


def _credentials(account: Account) -> tuple[object, ...]:
    return account.password_changed_at, account.disabled_at, account.is_admin
