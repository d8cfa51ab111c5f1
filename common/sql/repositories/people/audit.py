"""The audit log: who changed what, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from common.sql import schema

_MOST_SUBJECT = 500
"""The most stored characters of a subject."""


@dataclass(frozen=True)
class AuditEntry:
    """One change. No value of it is a secret."""

    at: datetime
    actor: str | None
    """The id of the account, if there was one."""
    actor_kind: str
    action: str
    """A verb with a noun, such as ``prices.delete``."""
    subject: str
    """The thing that was changed, such as a ticker."""
    address: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AuditRecord(AuditEntry):
    """A stored change with its number."""

    id: int = 0


def add_audit_entry(connection: sa.Connection, entry: AuditEntry) -> None:
    """Append a change to the log."""
    values = vars(entry) | {"subject": entry.subject[:_MOST_SUBJECT], "details": dict(entry.details)}
    connection.execute(sa.insert(schema.audit_log).values(values))


def list_audit_records(
    connection: sa.Connection, limit: int, before_id: int | None = None, actor: str | None = None
) -> list[AuditRecord]:
    """Return the newest changes first.

    Args:
        connection: a transaction.
        limit: the most returned changes.
        before_id: only changes with a smaller number: the last one of the page before.
        actor: only changes by this account.
    """
    log = schema.audit_log.c
    chosen = sa.select(schema.audit_log).order_by(log.id.desc()).limit(limit)
    if before_id is not None:
        chosen = chosen.where(log.id < before_id)
    if actor is not None:
        chosen = chosen.where(log.actor == actor)
    return [AuditRecord(**row) for row in connection.execute(chosen).mappings()]


def delete_audit_records(connection: sa.Connection, before: datetime) -> int:
    """Delete the changes before a time, and return how many."""
    return connection.execute(sa.delete(schema.audit_log).where(schema.audit_log.c.at < before)).rowcount
