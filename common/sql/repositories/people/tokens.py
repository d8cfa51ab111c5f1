"""API tokens. The store has the hash of a token's secret, never the secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from common.domain.access import SHOWN_CHARACTERS, hash_secret, make_secret
from common.sql import schema
from common.sql.repositories.people.accounts import Account, make_account


@dataclass(frozen=True)
class ApiToken:
    """A token without its secret."""

    id: str
    account_id: str
    name: str
    prefix: str
    """The first characters of the secret, by which a person recognises it."""
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """Return whether the token is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True)
class NewToken:
    """A person's choices for a token."""

    account_id: str
    name: str
    scopes: tuple[str, ...]
    life: timedelta | None
    """The time until it expires; None for never."""


def create_token(connection: sa.Connection, new: NewToken, now: datetime) -> tuple[ApiToken, str]:
    """Create a token; return it and its secret, which is not stored."""
    secret = make_secret()
    token = ApiToken(
        id=str(uuid4()),
        account_id=new.account_id,
        name=new.name,
        prefix=secret[:SHOWN_CHARACTERS],
        scopes=new.scopes,
        created_at=now,
        expires_at=now + new.life if new.life is not None else None,
    )
    add_token(connection, token, hash_secret(secret))
    return token, secret


def add_token(connection: sa.Connection, token: ApiToken, secret_hash: str) -> None:
    """Store a new token with the hash of its secret."""
    values = vars(token) | {"hash": secret_hash, "scopes": " ".join(token.scopes)}
    connection.execute(sa.insert(schema.api_tokens).values(values))


def find_token(connection: sa.Connection, secret_hash: str) -> tuple[ApiToken, Account] | None:
    """Return the token with this hash and its account, also where one of them is not valid any more."""
    joined = sa.select(schema.api_tokens, schema.accounts).join_from(schema.api_tokens, schema.accounts)
    row = connection.execute(joined.where(schema.api_tokens.c.hash == secret_hash)).mappings().one_or_none()
    return (_make_token(row), make_account(row)) if row is not None else None


def list_tokens(connection: sa.Connection, account_id: str | None = None) -> list[ApiToken]:
    """Return the tokens of one account, or of all, the newest first."""
    tokens = schema.api_tokens.c
    chosen = sa.select(schema.api_tokens).order_by(tokens.created_at.desc(), tokens.id)
    if account_id is not None:
        chosen = chosen.where(tokens.account_id == account_id)
    return [_make_token(row) for row in connection.execute(chosen).mappings()]


def revoke_token(connection: sa.Connection, token_id: str, now: datetime, account_id: str | None = None) -> bool:
    """Revoke a token, which stays in the list. Return False if there is none, or if it was revoked before.

    Args:
        connection: a transaction that may write.
        token_id: its id, not its secret.
        now: the time.
        account_id: revoke it only if it belongs to this account.
    """
    tokens = schema.api_tokens
    chosen = sa.update(tokens).where(tokens.c.id == token_id, tokens.c.revoked_at.is_(None))
    if account_id is not None:
        chosen = chosen.where(tokens.c.account_id == account_id)
    return connection.execute(chosen.values(revoked_at=now)).rowcount == 1


def revoke_tokens_of(connection: sa.Connection, account_id: str, now: datetime) -> int:
    """Revoke all tokens of an account, and return how many."""
    tokens = schema.api_tokens
    chosen = sa.update(tokens).where(tokens.c.account_id == account_id, tokens.c.revoked_at.is_(None))
    return connection.execute(chosen.values(revoked_at=now)).rowcount


def note_token_use(connection: sa.Connection, token_id: str, now: datetime) -> None:
    """Record that a token was used, unless a later use is recorded."""
    tokens = schema.api_tokens
    is_later = sa.or_(tokens.c.last_used_at.is_(None), tokens.c.last_used_at < now)
    connection.execute(sa.update(tokens).where(tokens.c.id == token_id, is_later).values(last_used_at=now))


def _make_token(row: Mapping[Any, Any]) -> ApiToken:
    columns = schema.api_tokens.columns
    values = {column.name: row[column] for column in columns if column.name != "hash"}
    return ApiToken(**values | {"scopes": tuple(values["scopes"].split())})
