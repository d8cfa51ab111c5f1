"""The accounts of people, and the account of a machine on which nobody logs in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from common.sql import schema

LOCAL_ACCOUNT_ID = "00000000-0000-0000-0000-000000000000"
"""The account of the machine. The first migration makes it."""
_REGISTRATION_LOCK = 7_301_846_526
"""The number of the advisory lock on PostgreSQL under which an account is created."""


class EmailTaken(Exception):
    """Another account has this email address."""


@dataclass(frozen=True)
class Account:
    """An account. Times are aware; a time that is None did not come yet."""

    id: str
    email: str | None
    password_hash: str | None = field(repr=False)
    is_admin: bool
    created_at: datetime
    disabled_at: datetime | None = None
    password_changed_at: datetime | None = None
    email_verified_at: datetime | None = None


@dataclass(frozen=True)
class NewAccount:
    """The facts about a person from which an account is made."""

    email: str
    """In the one form that the caller chose, such as in lower case."""
    password_hash: str | None = field(default=None, repr=False)
    """None where another provider identifies the person."""
    is_admin: bool = False
    is_verified: bool = False
    """Whether the address is known to be the person's."""


@dataclass(frozen=True)
class LinkedIdentity:
    """A person at another provider."""

    issuer: str
    subject: str


def create_account(connection: sa.Connection, new: NewAccount, now: datetime) -> Account:
    """Create the account of a person. The first one is an administrator's.

    Raises:
        EmailTaken: another account has this address.
    """
    lock_accounts(connection)
    if find_account_by_email(connection, new.email) is not None:
        raise EmailTaken
    account = Account(
        id=str(uuid4()),
        email=new.email,
        password_hash=new.password_hash,
        is_admin=new.is_admin or count_people(connection) == 0,
        created_at=now,
        password_changed_at=now if new.password_hash else None,
        email_verified_at=now if new.is_verified else None,
    )
    connection.execute(sa.insert(schema.accounts).values(vars(account)))
    return account


def lock_accounts(connection: sa.Connection) -> None:
    """Make other registrations and changes of administrators wait; on SQLite every other writer waits anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _REGISTRATION_LOCK})


def find_account(connection: sa.Connection, account_id: str) -> Account | None:
    """Return the account with this id."""
    return _find(connection, schema.accounts.c.id == account_id)


def find_account_for_update(connection: sa.Connection, account_id: str) -> Account | None:
    """Return the account with this id, which no other transaction changes until the end of this one."""
    chosen = sa.select(schema.accounts).where(schema.accounts.c.id == account_id).with_for_update()
    row = connection.execute(chosen).mappings().one_or_none()
    return make_account(row) if row is not None else None


def find_account_by_email(connection: sa.Connection, email: str) -> Account | None:
    """Return the account with this address, in the form in which it was created."""
    return _find(connection, schema.accounts.c.email == email)


def find_account_by_identity(connection: sa.Connection, issuer: str, subject: str) -> Account | None:
    """Return the account to which an identity of another provider is linked."""
    identities = schema.external_identities.c
    accounts = sa.select(identities.account_id).where(identities.issuer == issuer, identities.subject == subject)
    return _find(connection, schema.accounts.c.id.in_(accounts))


def list_accounts(connection: sa.Connection) -> list[Account]:
    """Return the accounts of people, the oldest first."""
    accounts = schema.accounts.c
    chosen = (
        sa.select(schema.accounts).where(accounts.id != LOCAL_ACCOUNT_ID).order_by(accounts.created_at, accounts.id)
    )
    return [make_account(row) for row in connection.execute(chosen).mappings()]


def count_people(connection: sa.Connection) -> int:
    """Return how many accounts there are, without the machine's."""
    accounts = sa.select(sa.func.count()).where(schema.accounts.c.id != LOCAL_ACCOUNT_ID)
    return int(connection.execute(accounts).scalar_one())


def has_administrator(connection: sa.Connection) -> bool:
    """Return whether there is an administrator who can log in."""
    accounts = schema.accounts.c
    chosen = sa.select(accounts.id).where(accounts.is_admin, accounts.disabled_at.is_(None))
    return connection.execute(chosen.limit(1)).first() is not None


def link_identity(connection: sa.Connection, account_id: str, issuer: str, subject: str) -> bool:
    """Link an identity of another provider to an account. Return False if another account has it."""
    linked = find_account_by_identity(connection, issuer, subject)
    if linked is None:
        identity = {"issuer": issuer, "subject": subject, "account_id": account_id}
        connection.execute(sa.insert(schema.external_identities).values(identity))
    return linked is None or linked.id == account_id


def list_identities(connection: sa.Connection, account_id: str) -> list[LinkedIdentity]:
    """Return the identities of other providers that are linked to an account."""
    identities = schema.external_identities.c
    chosen = sa.select(identities.issuer, identities.subject).where(identities.account_id == account_id)
    rows = connection.execute(chosen.order_by(identities.issuer, identities.subject)).mappings()
    return [LinkedIdentity(**row) for row in rows]


def unlink_identity(connection: sa.Connection, identity: LinkedIdentity) -> None:
    """Remove an identity from its account."""
    identities = schema.external_identities
    is_it = (identities.c.issuer == identity.issuer, identities.c.subject == identity.subject)
    connection.execute(sa.delete(identities).where(*is_it))


def set_password(connection: sa.Connection, account_id: str, password_hash: str, now: datetime) -> None:
    """Replace the password's hash."""
    _update(connection, account_id, password_hash=password_hash, password_changed_at=now)


def replace_password_hash(connection: sa.Connection, account_id: str, old: str, new: str) -> None:
    """Store the same password with newer parameters, unless the password was changed meanwhile."""
    accounts = schema.accounts
    chosen = sa.update(accounts).where(accounts.c.id == account_id, accounts.c.password_hash == old)
    connection.execute(chosen.values(password_hash=new))


def set_email_verified(connection: sa.Connection, account_id: str, now: datetime) -> None:
    """Record that the address is the person's."""
    _update(connection, account_id, email_verified_at=now)


def set_disabled(connection: sa.Connection, account_id: str, disabled_at: datetime | None) -> None:
    """Disable an account, or enable it again with None."""
    _update(connection, account_id, disabled_at=disabled_at)


def set_admin(connection: sa.Connection, account_id: str, *, is_admin: bool) -> None:
    """Make an account an administrator's, or a person's again."""
    _update(connection, account_id, is_admin=is_admin)


def delete_account(connection: sa.Connection, account_id: str) -> bool:
    """Delete an account with all that belongs to it. Return False if there is none, or if it is the machine's."""
    if account_id == LOCAL_ACCOUNT_ID:
        return False
    return connection.execute(sa.delete(schema.accounts).where(schema.accounts.c.id == account_id)).rowcount == 1


def make_account(row: Mapping[Any, Any]) -> Account:
    """Return the account of a row of the table."""
    return Account(**{column.name: row[column] for column in schema.accounts.columns})


def _find(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> Account | None:
    row = connection.execute(sa.select(schema.accounts).where(condition)).mappings().one_or_none()
    return make_account(row) if row is not None else None


def _update(connection: sa.Connection, account_id: str, **values: object) -> None:
    connection.execute(sa.update(schema.accounts).where(schema.accounts.c.id == account_id).values(**values))
