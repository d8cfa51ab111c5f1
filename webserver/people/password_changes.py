"""New passwords: with the old one, or by a link that a mail or an administrator brings."""

from __future__ import annotations

from datetime import datetime, timedelta

from common.domain.access import Caller, hash_secret
from common.domain.errors import InvalidRequest, NotFound, Unauthenticated
from common.sql.repositories.people import sessions
from common.sql.repositories.people.accounts import (
    LOCAL_ACCOUNT_ID,
    find_account,
    find_account_by_email,
    find_account_for_update,
    set_password,
)
from common.sql.repositories.people.one_time_links import find_password_reset, use_password_reset
from common.sql.store import Connection
from webserver.people.confirmation import WRONG_PASSWORD
from webserver.people.links import HANDED_RESET_LIFE, MAILED_RESET_LIFE, OneTimeLink
from webserver.people.mails import CHANGED, RESET, with_link
from webserver.people.passwords.rules import check_password
from webserver.people.registration import INVALID_LINK, NO_MAIL
from webserver.people.resources import Resources
from webserver.people.sessions import Browser, make_session, make_session_secret

NO_ACCOUNT = "There is no account with this id. Choose one of GET /api/v1/accounts."


class PasswordChanges:
    """Replaces passwords. Each change ends all sessions of the account, and is mailed to its address.

    Args:
        resources: the stores, the clock, the hashes and the mails.
    """

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._store = resources.store

    @property
    def has_mail(self) -> bool:
        """Whether a person gets a link by mail."""
        return self._resources.mails is not None

    def send_link(self, email: str, address: str) -> None:
        """Send a link to set a password, if the address has an account.

        Raises:
            NotFound: this server sends no mails.
            RateLimited: there were too many requests.
        """
        self._resources.attempts.count_link(email, address)
        if self._resources.mails is None:
            raise NotFound(NO_MAIL)

        def write() -> str | None:
            now = self._resources.now()
            return self._store.transaction(lambda connection: self._write(connection, email, now))

        self._resources.mails.send_later(email, write)

    def _write(self, connection: Connection, email: str, now: datetime) -> str | None:
        account = find_account_by_email(connection, email)
        if account is None or account.disabled_at is not None:
            return None
        return with_link(RESET, self._resources.links.add_reset(connection, account.id, now, MAILED_RESET_LIFE))

    def make_link(self, account_id: str, life: timedelta = HANDED_RESET_LIFE) -> OneTimeLink:
        """Return a link by which a person can set a password; raise NotFound if there is no such account."""
        now = self._resources.now()

        def add(connection: Connection) -> OneTimeLink:
            if account_id == LOCAL_ACCOUNT_ID or find_account(connection, account_id) is None:
                raise NotFound(NO_ACCOUNT)
            return self._resources.links.add_reset(connection, account_id, now, life)

        return self._store.transaction(add)

    def use_link(self, secret: str, password: str, address: str) -> str:
        """Set the password of the account of a link, which then works no more; return the account's id.

        Raises:
            InvalidRequest: the link or the password cannot be used.
            RateLimited: there were too many attempts.
        """
        self._resources.attempts.count_secret(address)
        secret_hash = hash_secret(secret)
        email = self._email_of_reset(secret_hash)
        check_password(password, email)
        password_hash, now = self._resources.hashing.hash(password), self._resources.now()

        def use(connection: Connection) -> str:
            account_id = use_password_reset(connection, secret_hash, now)
            if account_id is None:
                raise InvalidRequest(INVALID_LINK)
            set_password(connection, account_id, password_hash, now)
            sessions.delete_sessions_of(connection, account_id)
            return account_id

        account_id = self._store.transaction(use)
        self._mail_change(email)
        return account_id

    def _email_of_reset(self, secret_hash: str) -> str:
        now = self._resources.now()

        def find(connection: Connection) -> str | None:
            account_id = find_password_reset(connection, secret_hash, now)
            account = find_account(connection, account_id) if account_id else None
            return account.email if account else None

        email = self._store.read(find)
        if email is None:
            raise InvalidRequest(INVALID_LINK)
        return email

    def change(self, caller: Caller, old: str, new: str, browser: Browser) -> str:
        """Replace the password of a person who has logged in; return the secret of the only session from now on.

        Raises:
            InvalidRequest: the old password is wrong, or the new one cannot be used.
            RateLimited: there were too many attempts.
        """
        email, account_id = caller.email or "", caller.account_id or ""
        self._resources.attempts.count_password(email, browser.address)
        account = self._store.read(lambda connection: find_account(connection, account_id))
        stored = account.password_hash if account else None
        if not self._resources.hashing.verify(stored, old):
            raise InvalidRequest(WRONG_PASSWORD)
        check_password(new, email)
        password_hash, secret = self._resources.hashing.hash(new), make_session_secret()
        now = self._resources.now()

        def replace(connection: Connection) -> None:
            present = find_account_for_update(connection, account_id)
            if present is None or present.password_hash != stored or present.disabled_at is not None:
                raise Unauthenticated
            set_password(connection, account_id, password_hash, now)
            sessions.delete_sessions_of(connection, account_id)
            sessions.add_session(connection, make_session(account_id, secret, now, browser.user_agent))

        self._store.transaction(replace)
        self._mail_change(email)
        return secret

    def _mail_change(self, email: str) -> None:
        """Tell the owner of an account about a new password, which stays without the mail."""
        if self._resources.mails is not None:
            url = f"{self._resources.links.page_url}/reset"
            self._resources.mails.send_if_free(email, CHANGED.format(url=url))
