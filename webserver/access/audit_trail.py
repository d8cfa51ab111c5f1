"""The audit trail: each successful change through the API becomes a row of the audit log.

A change has happened when its row is written, so a store that cannot be used refuses nothing. A response waits for its
row for at most a second. A store that hangs takes the row later, or never: then the log line is the only trace.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from threading import Thread

from flask import Flask, Response, current_app, g, request

from common.domain.access import Caller, Scope
from common.domain.errors import StoreUnavailable
from common.sql.repositories.people.audit import AuditEntry, add_audit_entry
from common.sql.store import SqlStore
from webserver.http.operations import operation_of
from webserver.http.routing import READING

AUDITED = frozenset({Scope.WRITE, Scope.ADMIN, Scope.ACCOUNT})
"""The scopes whose changes are recorded."""
LONGEST_WAIT_S = 1.0
"""The seconds for which a response waits for its row."""
_log = logging.getLogger(__name__)


class AuditTrail:
    """Records changes.

    Args:
        store: the SQL store.
        caller: returns the caller of the present request.
        now: the clock.
    """

    def __init__(self, store: SqlStore, caller: Callable[[], Caller], now: Callable[[], datetime]) -> None:
        self._store = store
        self._caller = caller
        self._now = now

    def follow(self, app: Flask) -> None:
        """Record the changes of an application's audited routes from now on."""

        @app.after_request
        def record(response: Response) -> Response:
            if request.method not in READING and response.status_code < 400 and _is_audited():
                self.add(_action(), _subject())
            return response

    def add(self, action: str, subject: str, actor: Caller | None = None) -> None:
        """Record that the caller of the present request, or ``actor``, made a change."""
        caller = actor or self._caller()
        _log.info("changed: %s %s by %s %s", action, subject, caller.kind, caller.account_id)
        entry = AuditEntry(
            at=self._now(),
            actor=caller.account_id,
            actor_kind=caller.kind,
            action=action,
            subject=subject,
            address=request.remote_addr or "",
        )
        writer = Thread(target=self._write, args=(entry,), daemon=True)
        writer.start()
        writer.join(LONGEST_WAIT_S)

    def _write(self, entry: AuditEntry) -> None:
        try:
            self._store.transaction(lambda connection: add_audit_entry(connection, entry))
        except StoreUnavailable:
            _log.warning("the change %s %s is not in the log of changes", entry.action, entry.subject)


def name_audit_subject(subject: str) -> None:
    """Set what the present request changes, where its address does not contain it."""
    g.audit_subject = subject


def _is_audited() -> bool:
    return request.endpoint is not None and operation_of(current_app.view_functions[request.endpoint]).scope in AUDITED


def _action() -> str:
    """Return the route's name, such as ``prices.refresh``."""
    return request.endpoint or ""


def _subject() -> str:
    subject: str = g.get("audit_subject") or " ".join(str(value) for value in (request.view_args or {}).values())
    return subject
