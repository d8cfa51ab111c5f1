"""Accounts of people who log in at a provider. An identity belongs to an account by its subject, never by its email."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from common.domain.access import Caller, hash_secret
from common.domain.email_addresses import normalise_email
from common.domain.errors import Busy, InvalidRequest, NotFound
from common.sql.repositories.people import accounts
from common.sql.repositories.people.accounts import Account, EmailTaken, LinkedIdentity, NewAccount
from common.sql.repositories.people.one_time_links import use_invitation
from common.sql.store import Connection
from webserver.people.oidc.flow import Flow
from webserver.people.oidc.identity import Identity, ProviderFailed
from webserver.people.resources import Resources
from webserver.people.settings import RegistrationMode

if TYPE_CHECKING:
    from webserver.people.oidc.flow_cookie import FlowCookie
    from webserver.people.oidc.provider import Provider

NO_PROVIDER = "This server has no identity provider. Log in with a password."
UNREACHABLE = "The identity provider cannot be reached. Try again later, or log in with a password."
NO_IDENTITY = "Your account has no identity with this id. Choose one of GET /api/v1/identities."
LAST_WAY = "This is the only way to log in to your account. Set a password first."
_log = logging.getLogger(__name__)


class LoginRefused(Exception):
    """A login at the provider leads to no session.

    Args:
        reason: the word for the page: ``refused``, ``no_account``, ``known_address``, ``other_account``, ``disabled``.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class AuthorizationResponse:
    """The provider's response, with which the browser comes back.

    Args:
        cookie: the content of the cookie with the flow; None if the browser has none.
        state: the state that the provider repeats.
        code: the authorization code.
    """

    cookie: str | None
    state: str
    code: str


class SingleSignOn:
    """Logs people in, and links identities.

    Args:
        provider: the identity provider.
        cookie: the form in which the browser keeps a flow.
        mode: the setting ``REGISTRATION``.
        resources: the stores, the clock, the hashes and the mails.
    """

    def __init__(self, provider: Provider, cookie: FlowCookie, mode: RegistrationMode, resources: Resources) -> None:
        self._provider = provider
        self._cookie = cookie
        self._mode = mode
        self._store = resources.store
        self._now = resources.now

    def begin(self, secret: str | None, link_to: str | None) -> tuple[str, str]:
        """Return the address at which a person logs in, and the content of the cookie.

        Args:
            secret: of an invitation, for a person without an account.
            link_to: the account to which the identity will be linked; None to log in.

        Raises:
            Busy: the provider cannot be reached.
        """
        invitation = hash_secret(secret) if secret else None
        flow = Flow("link" if link_to else "login", link_to, invitation)
        try:
            return self._provider.authorization_url(flow), self._cookie.encode(flow, self._now())
        except ProviderFailed as exc:
            _log.warning("the identity provider failed: %s", exc.reason)
            raise Busy(UNREACHABLE) from exc

    def finish(self, response: AuthorizationResponse, caller: Caller | None) -> tuple[Flow, Account]:
        """Return the flow and the account of a person who comes back from the provider.

        Args:
            response: the response with which the browser comes back.
            caller: the person who is logged in already.

        Raises:
            LoginRefused: there is no such login, or no account for the person.
        """
        flow = self._cookie.decode(response.cookie, self._now()) if response.cookie else None
        if flow is None or flow.state != response.state or not response.code:
            raise LoginRefused("refused")
        if flow.purpose == "link" and (caller is None or caller.account_id != flow.account_id):
            raise LoginRefused("refused")
        try:
            identity = self._provider.identify(response.code, flow)
        except ProviderFailed as exc:
            _log.warning("a login at the identity provider failed: %s", exc.reason)
            raise LoginRefused("refused") from exc
        use, now = _link if flow.purpose == "link" else self._find_or_create, self._now()
        try:
            return flow, self._store.transaction(lambda connection: use(connection, flow, identity, now))
        except EmailTaken as exc:
            raise LoginRefused("known_address") from exc

    def _find_or_create(self, connection: Connection, flow: Flow, identity: Identity, now: datetime) -> Account:
        account = accounts.find_account_by_identity(connection, identity.issuer, identity.subject)
        if account is None:
            account = self._create(connection, flow, identity, now)
        if account.disabled_at is not None:
            raise LoginRefused("disabled")
        return account

    def _create(self, connection: Connection, flow: Flow, identity: Identity, now: datetime) -> Account:
        try:
            email = normalise_email(identity.email or "")
        except ValueError as exc:
            raise LoginRefused("no_account") from exc
        if accounts.find_account_by_email(connection, email) is not None:  # the provider has verified it, so say so
            raise LoginRefused("known_address")
        is_invited = (
            self._mode != "closed"
            and flow.invitation is not None
            and use_invitation(connection, flow.invitation, email, now)
        )
        if not is_invited and self._mode != "open":
            raise LoginRefused("no_account")
        account = accounts.create_account(connection, NewAccount(email, is_verified=True), now)
        accounts.link_identity(connection, account.id, identity.issuer, identity.subject)
        return account


def _link(connection: Connection, flow: Flow, identity: Identity, _now: datetime) -> Account:
    account = accounts.find_account_for_update(connection, flow.account_id or "")
    if account is None or account.disabled_at is not None:
        raise LoginRefused("disabled")
    if not accounts.link_identity(connection, account.id, identity.issuer, identity.subject):
        raise LoginRefused("other_account")
    return account


class Identities:
    """The identities that are linked to accounts.

    Args:
        resources: the stores, the clock, the hashes and the mails.
    """

    def __init__(self, resources: Resources) -> None:
        self._store = resources.store

    def list_all(self, account_id: str) -> list[LinkedIdentity]:
        """Return the identities of an account."""
        return self._store.read(lambda connection: accounts.list_identities(connection, account_id))

    def unlink(self, account_id: str, identity_id: str) -> None:
        """Remove an identity from an account.

        Raises:
            NotFound: the account has none with this id.
            InvalidRequest: the person could not log in any more.
        """

        def unlink(connection: Connection) -> None:
            account = accounts.find_account_for_update(connection, account_id)
            found = accounts.list_identities(connection, account_id)
            chosen = [identity for identity in found if id_of_identity(identity) == identity_id]
            if account is None or not chosen:
                raise NotFound(NO_IDENTITY)
            if account.password_hash is None and len(found) == 1:
                raise InvalidRequest(LAST_WAY)
            accounts.unlink_identity(connection, chosen[0])

        self._store.transaction(unlink)


def id_of_identity(identity: LinkedIdentity) -> str:
    """Return the id of a linked identity."""
    return str(uuid5(NAMESPACE_URL, f"{identity.issuer} {identity.subject}"))
