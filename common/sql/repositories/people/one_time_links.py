"""Links that work once: invitations, and resets of a password. The store has the hash of a link's secret."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from common.sql import schema


@dataclass(frozen=True)
class Invitation:
    """An invitation to register."""

    hash: str = field(repr=False)
    created_by: str
    """The account of the inviting administrator."""
    created_at: datetime
    expires_at: datetime
    email: str | None = None
    """The one address that may use it; None lets any address use it."""
    used_at: datetime | None = None


@dataclass(frozen=True)
class PasswordReset:
    """Permission to set a password without the old one."""

    hash: str = field(repr=False)
    account_id: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


def add_invitation(connection: sa.Connection, invitation: Invitation) -> None:
    """Store an invitation."""
    connection.execute(sa.insert(schema.invitations).values(vars(invitation)))


def list_invitations(connection: sa.Connection, now: datetime) -> list[Invitation]:
    """Return the invitations that can still be used, the newest first."""
    invitations = schema.invitations
    chosen = sa.select(invitations).where(invitations.c.used_at.is_(None), invitations.c.expires_at > now)
    rows = connection.execute(chosen.order_by(invitations.c.created_at.desc(), invitations.c.hash)).mappings()
    return [Invitation(**row) for row in rows]


def has_invitation(connection: sa.Connection, secret_hash: str, now: datetime) -> bool:
    """Return whether an invitation can still be used."""
    invitations = schema.invitations
    chosen = sa.select(invitations.c.hash).where(*_usable(invitations, secret_hash, now))
    return connection.execute(chosen).first() is not None


def use_invitation(connection: sa.Connection, secret_hash: str, email: str, now: datetime) -> bool:
    """Use an invitation up. Return False if it is unknown, used, expired, or for another address."""
    invitations = schema.invitations
    is_for = sa.or_(invitations.c.email.is_(None), invitations.c.email == email)
    chosen = sa.update(invitations).where(*_usable(invitations, secret_hash, now), is_for)
    return connection.execute(chosen.values(used_at=now)).rowcount == 1


def add_password_reset(connection: sa.Connection, reset: PasswordReset) -> None:
    """Store a reset. It replaces the earlier ones of the account."""
    resets = schema.password_resets
    connection.execute(sa.delete(resets).where(resets.c.account_id == reset.account_id))
    connection.execute(sa.insert(resets).values(vars(reset)))


def use_password_reset(connection: sa.Connection, secret_hash: str, now: datetime) -> str | None:
    """Use a reset up, and return the id of its account; None if it is unknown, used or expired."""
    resets = schema.password_resets
    chosen = sa.update(resets).where(*_usable(resets, secret_hash, now)).values(used_at=now)
    account_id: str | None = connection.execute(chosen.returning(resets.c.account_id)).scalar_one_or_none()
    return account_id


def find_password_reset(connection: sa.Connection, secret_hash: str, now: datetime) -> str | None:
    """Return the id of the account of a reset that can still be used."""
    resets = schema.password_resets
    chosen = sa.select(resets.c.account_id).where(*_usable(resets, secret_hash, now))
    account_id: str | None = connection.execute(chosen).scalar_one_or_none()
    return account_id


def delete_ended_links(connection: sa.Connection, now: datetime) -> int:
    """Delete the invitations and resets that were used or have expired, and return how many."""
    deleted = 0
    for links in (schema.invitations, schema.password_resets):
        has_ended = sa.or_(links.c.used_at.is_not(None), links.c.expires_at <= now)
        deleted += connection.execute(sa.delete(links).where(has_ended)).rowcount
    return deleted


def _usable(links: sa.Table, secret_hash: str, now: datetime) -> tuple[Any, ...]:
    return links.c.hash == secret_hash, links.c.used_at.is_(None), links.c.expires_at > now
