"""Identification: who sent the present request."""

from __future__ import annotations

from collections.abc import Callable

from flask import g, request

from common.domain.access import Caller, CallerKind, Scope, hash_secret, is_well_formed
from common.domain.errors import Failure, Unauthenticated
from webserver.access.credential_store import INVALID_TOKEN
from webserver.access.policy import AccessPolicy
from webserver.access.recent_callers import Credential, RecentCallers
from webserver.access.session_cookie import session_secret

_IDENTIFIED = (CallerKind.SESSION, CallerKind.TOKEN)


class Identification:
    """Identifies the caller of the present request, once and only if something asks.

    Args:
        policy: the rules for callers without credentials.
        look_up: returns the caller of a credential.
        check_address: raises RateLimited if the address of a request has used up its quota. It is called before an
            unknown credential is looked up, so that guesses cost the store a limited number of lookups.
    """

    def __init__(
        self, policy: AccessPolicy, look_up: Callable[[Credential], Caller], check_address: Callable[[str], None]
    ) -> None:
        self._policy = policy
        self._callers = RecentCallers(look_up)
        self._check_address = check_address

    def caller(self) -> Caller:
        """Return the caller of the present request.

        Raises:
            Unauthenticated: the request has credentials that are not valid.
            RateLimited: its credentials are unknown, and its address has used up its quota.
            StoreUnavailable: its credentials cannot be checked now.
        """
        found: Caller | Failure | None = g.get("caller")
        if found is None:
            found = g.caller = self._identify_or_fail()
        if isinstance(found, Failure):
            raise found
        return found

    def account_id(self) -> str:
        """Return the account of the caller; the operation must be personal.

        Raises:
            Unauthenticated: the caller has none.
        """
        account_id = self.caller().account_id
        if account_id is None:
            raise Unauthenticated
        return account_id

    def owner(self) -> str | None:
        """Return the owner of what the caller asks for: the account, or an empty text; None if nothing has owners."""
        return (self.caller().account_id or "") if self._policy.has_owners else None

    def may_reach_anybody(self) -> bool:
        """Return whether the caller owns or administers the server, and so may have notifications sent to anybody."""
        return not self._policy.has_owners or self.caller().may(Scope.ADMIN)

    def quota_client(self) -> str:
        """Return the name under which the request counts against quotas: the account, or else the address."""
        try:
            caller = self.caller()
        except Failure:
            return client_address()
        if caller.kind in _IDENTIFIED:
            return f"account:{caller.account_id}"
        return client_address()

    def _identify_or_fail(self) -> Caller | Failure:
        try:
            return self._identify()
        except Failure as failure:
            return failure

    def _identify(self) -> Caller:
        credential = None if self._policy.mode == "off" else self._credential()
        if credential is None:
            return self._policy.without_credentials
        if not self._callers.is_known(credential):
            self._check_address(client_address())
        return self._callers.get(credential)

    def _credential(self) -> Credential | None:
        """Return the token or the session of the request; a token goes first.

        Raises:
            Unauthenticated: the text is no token.
        """
        scheme, _, secret = request.environ.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
        if scheme.lower() == "bearer":
            if not is_well_formed(secret.strip()):
                raise Unauthenticated(INVALID_TOKEN)
            return Credential(CallerKind.TOKEN, hash_secret(secret.strip()))
        session = session_secret() if self._policy.mode == "on" else None
        return Credential(CallerKind.SESSION, hash_secret(session)) if session else None


def client_address() -> str:
    """Return the address of the present request, under which a request without an account counts."""
    return request.remote_addr or "nobody"
