"""Creates, lists and revokes the API tokens of an account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from common.domain.access import Caller, Scope
from common.domain.errors import Forbidden, NotFound
from common.sql.repositories.people import tokens
from common.sql.repositories.people.tokens import ApiToken, NewToken, create_token
from common.sql.store import SqlStore

NO_TOKEN = "You have no active token with this id. Choose one of GET /api/v1/tokens."  # noqa: S105
TOO_MUCH = "You lack the scope {scope}, so you cannot create a token with it. Leave it out."


@dataclass(frozen=True)
class TokenWithSecret:
    """A new token and its secret, which nothing stores."""

    token: ApiToken
    secret: str = field(repr=False)


class TokenService:
    """The tokens of accounts.

    Args:
        store: the SQL store.
        now: the clock.
    """

    def __init__(self, store: SqlStore, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    def list_all(self, account_id: str) -> list[ApiToken]:
        """Return the tokens of an account, the newest first."""
        return self._store.read(lambda connection: tokens.list_tokens(connection, account_id))

    def create(self, caller: Caller, new: NewToken) -> TokenWithSecret:
        """Create a token with scopes that the caller has.

        Raises:
            Forbidden: the caller lacks a scope.
        """
        missing = [scope for scope in new.scopes if not caller.may(Scope(scope))]
        if missing:
            raise Forbidden(TOO_MUCH.format(scope=missing[0]))
        now = self._now()
        token, secret = self._store.transaction(lambda connection: create_token(connection, new, now))
        return TokenWithSecret(token, secret)

    def revoke(self, account_id: str, token_id: str) -> None:
        """Revoke a token of an account; raise NotFound if it has no active one with this id."""
        now = self._now()
        if not self._store.transaction(lambda connection: tokens.revoke_token(connection, token_id, now, account_id)):
            raise NotFound(NO_TOKEN)
