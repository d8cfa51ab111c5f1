"""The sessions of logged-in people. The store has the hash of a session's secret, never the secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from common.sql import schema
from common.sql.repositories.people.accounts import Account, make_account

_MOST_USER_AGENT = 300
"""The most stored characters of a browser's name."""


@dataclass(frozen=True)
class Session:
    """A session without its secret."""

    hash: str = field(repr=False)
    account_id: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    user_agent: str


def add_session(connection: sa.Connection, session: Session) -> None:
    """Store a new session."""
    values = vars(session) | {"user_agent": session.user_agent[:_MOST_USER_AGENT]}
    connection.execute(sa.insert(schema.sessions).values(values))


def find_session(connection: sa.Connection, secret_hash: str) -> tuple[Session, Account] | None:
    """Return the session with this hash and its account, also where one of them is not valid any more."""
    joined = sa.select(schema.sessions, schema.accounts).join_from(schema.sessions, schema.accounts)
    row = connection.execute(joined.where(schema.sessions.c.hash == secret_hash)).mappings().one_or_none()
    return (_make_session(row), make_account(row)) if row is not None else None


def list_sessions(connection: sa.Connection, account_id: str, now: datetime) -> list[Session]:
    """Return the sessions of an account that have not expired, the last seen first."""
    sessions = schema.sessions.c
    chosen = sa.select(schema.sessions).where(sessions.account_id == account_id, sessions.expires_at > now)
    ordered = chosen.order_by(sessions.last_seen_at.desc(), sessions.hash)
    return [_make_session(row) for row in connection.execute(ordered).mappings()]


def rotate_session(connection: sa.Connection, old_hash: str, new_hash: str, now: datetime) -> bool:
    """Give a session another secret. Return False if there is no session with the old one."""
    sessions = schema.sessions
    chosen = sa.update(sessions).where(sessions.c.hash == old_hash)
    return connection.execute(chosen.values(hash=new_hash, last_seen_at=now)).rowcount == 1


def note_session_use(connection: sa.Connection, secret_hash: str, now: datetime, expires_at: datetime) -> None:
    """Record that a session was used, and when it expires now."""
    chosen = sa.update(schema.sessions).where(schema.sessions.c.hash == secret_hash)
    connection.execute(chosen.values(last_seen_at=now, expires_at=expires_at))


def delete_session(connection: sa.Connection, secret_hash: str) -> bool:
    """Delete a session. Return False if there is none."""
    return connection.execute(sa.delete(schema.sessions).where(schema.sessions.c.hash == secret_hash)).rowcount == 1


def delete_sessions_of(connection: sa.Connection, account_id: str, except_hash: str | None = None) -> int:
    """Delete the sessions of an account, except the one with this hash, and return how many."""
    chosen = sa.delete(schema.sessions).where(schema.sessions.c.account_id == account_id)
    if except_hash is not None:
        chosen = chosen.where(schema.sessions.c.hash != except_hash)
    return connection.execute(chosen).rowcount


def delete_expired_sessions(connection: sa.Connection, now: datetime) -> int:
    """Delete the sessions that have expired, and return how many."""
    return connection.execute(sa.delete(schema.sessions).where(schema.sessions.c.expires_at <= now)).rowcount


def _make_session(row: Mapping[Any, Any]) -> Session:
    return Session(**{column.name: row[column] for column in schema.sessions.columns})
