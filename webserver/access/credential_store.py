"""Looks credentials up in the SQL store, and records the use of tokens and sessions."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Thread

from common.domain.access import PERSON_SCOPES, Caller, CallerKind, Scope
from common.domain.errors import StoreUnavailable, Unauthenticated
from common.sql.repositories.people import sessions, tokens
from common.sql.repositories.people.accounts import LOCAL_ACCOUNT_ID, Account
from common.sql.repositories.people.sessions import Session
from common.sql.repositories.people.tokens import ApiToken
from common.sql.store import SqlStore
from webserver.access.recent_callers import Credential

INVALID_TOKEN = "This API token is not valid. Check that it was copied in full, or create a new one."  # noqa: S105
EXPIRED_TOKEN = "This API token has expired. Create a new one."  # noqa: S105
REVOKED_TOKEN = "This API token was revoked. Create a new one."  # noqa: S105
ENDED_SESSION = "You are not logged in any more. Log in again."
UNCHECKED = "Your token or login cannot be checked now. Try again later."
DISABLED_ACCOUNT = "This account is disabled. Ask an administrator of this server."
USE_EVERY = timedelta(minutes=1)
"""The time of the last use of a token or session is written at most this often."""
IDLE_LIFE, WHOLE_LIFE = timedelta(days=14), timedelta(days=90)
"""A session ends this long after its last use, and this long after its login."""
_log = logging.getLogger(__name__)


class CredentialStore:
    """Finds the callers of credentials.

    Args:
        store: the SQL store.
        now: the clock.
    """

    def __init__(self, store: SqlStore, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    def look_up(self, credential: Credential) -> Caller:
        """Return the caller of a credential.

        Raises:
            Unauthenticated: the credential is unknown or not valid any more.
            StoreUnavailable: the store cannot be read.
        """
        look_up = self._look_up_session if credential.kind is CallerKind.SESSION else self._look_up_token
        try:
            return look_up(credential.secret_hash)
        except StoreUnavailable as exc:
            raise StoreUnavailable(UNCHECKED) from exc

    def _look_up_token(self, secret_hash: str) -> Caller:
        found = self._store.read(lambda connection: tokens.find_token(connection, secret_hash))
        if found is None:
            raise Unauthenticated(INVALID_TOKEN)
        token, account = found
        now = self._now()
        if not token.is_valid(now):
            raise Unauthenticated(EXPIRED_TOKEN if token.revoked_at is None else REVOKED_TOKEN)
        _check_enabled(account)
        if token.last_used_at is None or now - token.last_used_at >= USE_EVERY:
            Thread(target=self._note_use, args=(token, now), daemon=True).start()
        return Caller(CallerKind.TOKEN, _scopes_of_token(token, account), account.id, token.id, account.email)

    def _look_up_session(self, secret_hash: str) -> Caller:
        found = self._store.read(lambda connection: sessions.find_session(connection, secret_hash))
        if found is None or found[0].expires_at <= self._now():
            raise Unauthenticated(ENDED_SESSION)
        session, account = found
        _check_enabled(account)
        now = self._now()
        if now - session.last_seen_at >= USE_EVERY:
            Thread(target=self._note_session_use, args=(session, now), daemon=True).start()
        scopes = PERSON_SCOPES | ({Scope.ADMIN} if account.is_admin else set())
        return Caller(CallerKind.SESSION, scopes, account.id, session.hash, account.email)

    def _note_use(self, token: ApiToken, now: datetime) -> None:
        try:
            self._store.transaction(lambda connection: tokens.note_token_use(connection, token.id, now))
        except StoreUnavailable:
            _log.warning("the use of token %s could not be recorded", token.id)

    def _note_session_use(self, session: Session, now: datetime) -> None:
        until = session_expiry(session.created_at, now)
        try:
            self._store.transaction(lambda connection: sessions.note_session_use(connection, session.hash, now, until))
        except StoreUnavailable:
            _log.warning("the use of a session of account %s could not be recorded", session.account_id)


def session_expiry(created_at: datetime, now: datetime) -> datetime:
    """Return when a session that is used now expires: 14 days later, and 90 days after its login at the latest."""
    return min(now + IDLE_LIFE, created_at + WHOLE_LIFE)


def _check_enabled(account: Account) -> None:
    if account.disabled_at is not None:
        raise Unauthenticated(DISABLED_ACCOUNT)


def _scopes_of_token(token: ApiToken, account: Account) -> frozenset[Scope]:
    """Return the scopes that a token has now. One of a person who is no administrator any more lacks ``admin``."""
    known = frozenset(Scope(name) for name in token.scopes if name in set(Scope))
    return known if account.is_admin or account.id == LOCAL_ACCOUNT_ID else known - {Scope.ADMIN}
