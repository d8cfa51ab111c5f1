"""The policy of a server: what callers without credentials may do, by the settings ``AUTH`` and ``PUBLIC_READ``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from common.domain.access import ALL_SCOPES, Caller, CallerKind, Scope
from common.domain.errors import Forbidden, Unauthenticated
from common.sql.repositories.people.accounts import LOCAL_ACCOUNT_ID
from webserver.http.operations import Operation

AuthMode = Literal["off", "open", "on"]
MISSING_SCOPE = "This needs the scope {scope}, which the {credential} does not have. Use one that has it."
_OPEN = frozenset({Scope.READ, Scope.FORECAST})
_CREDENTIALS = {CallerKind.TOKEN: "token", CallerKind.SESSION: "account"}


@dataclass(frozen=True)
class AccessPolicy:
    """The rules by which a caller may use a route.

    Args:
        mode: ``off`` trusts every caller, ``open`` lets every caller read and ask for forecasts, ``on`` lets nobody.
        is_public: with ``on``, let everybody read prices and ask for forecasts.
    """

    mode: AuthMode = "off"
    is_public: bool = False

    @property
    def has_owners(self) -> bool:
        """Whether a forecast belongs to the account that asked for it."""
        return self.mode == "on"

    @property
    def without_credentials(self) -> Caller:
        """The caller of a request without credentials."""
        if self.mode == "off":
            return Caller(CallerKind.LOCAL, ALL_SCOPES, LOCAL_ACCOUNT_ID)
        return Caller(CallerKind.NOBODY, _OPEN if self.mode == "open" or self.is_public else frozenset())

    def scopes_of(self, caller: Caller) -> frozenset[Scope]:
        """Return what a caller may do with data that belong to no account."""
        return caller.scopes | self.without_credentials.scopes

    def check(self, caller: Caller, operation: Operation) -> None:
        """Return if the caller may use a route.

        A token for one purpose may also do what everybody may. The data of its account are not for everybody: they need
        the token's own scope.

        Raises:
            Unauthenticated: the route needs credentials.
            Forbidden: the caller's credentials lack the scope.
        """
        is_known = caller.account_id is not None
        scopes = caller.scopes if operation.is_personal else self.scopes_of(caller)
        if operation.scope is Scope.PUBLIC or (operation.scope in scopes and (is_known or not operation.is_personal)):
            return
        if not is_known:
            raise Unauthenticated
        credential = _CREDENTIALS.get(caller.kind, "account")
        raise Forbidden(MISSING_SCOPE.format(scope=operation.scope, credential=credential))
