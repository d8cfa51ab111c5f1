"""New accounts: by a link from an administrator, by a link in a mail, or by everybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from common.domain.access import hash_secret
from common.domain.errors import Forbidden, InvalidRequest, NotFound
from common.sql.repositories.people.accounts import (
    LOCAL_ACCOUNT_ID,
    Account,
    EmailTaken,
    NewAccount,
    create_account,
    find_account_by_email,
)
from common.sql.repositories.people.one_time_links import has_invitation, use_invitation
from common.sql.store import Connection
from webserver.people.links import OneTimeLink
from webserver.people.mails import KNOWN, REGISTRATION, with_link
from webserver.people.passwords.rules import check_password
from webserver.people.resources import Resources
from webserver.people.settings import RegistrationMode

CLOSED = "This server takes no registrations. Ask its administrator for an account."
NEEDS_LINK = "Registration on this server needs a link. Ask its administrator for an invitation."
NEEDS_MAIL = "Registration on this server begins with a mail. Ask for one first."
NO_MAIL = "This server sends no mails. Ask its administrator for a link."
INVALID_LINK = "This link does not work any more, or is for another address. Ask for a new one."


@dataclass(frozen=True)
class RegistrationForm:
    """The request of a person who registers. The link of an invitation contains ``secret``."""

    email: str
    password: str
    secret: str | None


class Registration:
    """Registers people.

    Args:
        mode: the setting ``REGISTRATION``.
        resources: the stores, the clock, the hashes and the mails.
        provider: the host name of the identity provider.
    """

    def __init__(self, mode: RegistrationMode, resources: Resources, provider: str | None = None) -> None:
        self.mode = mode
        self.provider = provider
        self._resources = resources
        self._store = resources.store

    def send_link(self, email: str, address: str) -> None:
        """Send a mail with a link to register, or one that states that there is an account.

        Raises:
            Forbidden: nobody may register without an invitation.
            NotFound: this server sends no mails.
            RateLimited: there were too many requests.
        """
        self._check_mode(has_secret=False)
        self._resources.attempts.count_link(email, address)
        if self._resources.mails is None:
            raise NotFound(NO_MAIL)

        def write() -> str:
            now = self._resources.now()
            return self._store.transaction(lambda connection: self._write(connection, email, now))

        self._resources.mails.send_later(email, write)

    def _write(self, connection: Connection, email: str, now: datetime) -> str:
        if find_account_by_email(connection, email) is not None:
            return KNOWN.format(url=f"{self._resources.links.page_url}/login")
        link = self._resources.links.add_invitation(connection, LOCAL_ACCOUNT_ID, email, now)
        return with_link(REGISTRATION, link)

    def register(self, form: RegistrationForm, address: str) -> Account | None:
        """Create an account and return it; None if the address has one, which the person must not learn.

        Raises:
            Forbidden: the person needs an invitation.
            InvalidRequest: the link or the password cannot be used.
            RateLimited: there were too many attempts.
        """
        self._check_mode(has_secret=form.secret is not None)
        self._resources.attempts.count_secret(address)
        if form.secret is None and self._resources.mails is not None:
            raise Forbidden(NEEDS_MAIL)
        check_password(form.password, form.email)
        if form.secret is not None:
            self._check_secret(form.secret)  # a hash is costly
        password_hash, now = self._resources.hashing.hash(form.password), self._resources.now()
        new = NewAccount(form.email, password_hash)
        try:
            return self._store.transaction(lambda connection: _create(connection, new, form.secret, now))
        except EmailTaken:
            return None

    def _check_secret(self, secret: str) -> None:
        now = self._resources.now()
        if not self._store.read(lambda connection: has_invitation(connection, hash_secret(secret), now)):
            raise InvalidRequest(INVALID_LINK)

    def invite(self, created_by: str, email: str | None) -> OneTimeLink:
        """Return the link of a new invitation.

        Raises:
            Forbidden: nobody may register.
        """
        self._check_mode(has_secret=True)
        now = self._resources.now()
        return self._store.transaction(
            lambda connection: self._resources.links.add_invitation(connection, created_by, email, now)
        )

    def _check_mode(self, *, has_secret: bool) -> None:
        if self.mode == "closed":
            raise Forbidden(CLOSED)
        if self.mode == "invitation" and not has_secret:
            raise Forbidden(NEEDS_LINK)


def _create(connection: Connection, new: NewAccount, secret: str | None, now: datetime) -> Account:
    if secret is not None and not use_invitation(connection, hash_secret(secret), new.email, now):
        raise InvalidRequest(INVALID_LINK)
    return create_account(connection, new, now)
