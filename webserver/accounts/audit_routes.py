"""The audit log over HTTP, for administrators."""

from __future__ import annotations

from flask import Blueprint, Response, request

from common.domain.access import Scope
from common.domain.errors import InvalidRequest
from common.domain.questions import validate_as
from common.sql.repositories.people.audit import AuditRecord, list_audit_records
from common.sql.store import SqlStore
from webserver.accounts.models import AuditEntryView, AuditLog, AuditQuery
from webserver.http.operations import Operation, OperationResponse, described
from webserver.stocks.serializers import json_response

PAGE = 100


def audit_api(store: SqlStore) -> Blueprint:
    """Return the route ``/api/v1/audit``."""
    api = Blueprint("audit", __name__, url_prefix="/api/v1/audit")

    @api.get("")
    @described(
        Operation(
            "accounts",
            Scope.ADMIN,
            {200: OperationResponse("A page of the log.", (AuditLog,))},
            (InvalidRequest,),
            query=AuditQuery,
            cost=1,
        )
    )
    def read() -> Response:
        """Return the log of changes: who changed what, and when."""
        query = validate_as(AuditQuery, request.args.to_dict())
        found = store.read(lambda connection: list_audit_records(connection, PAGE + 1, query.before))
        page = found[:PAGE]
        following = f"/api/v1/audit?before={page[-1].id}" if len(found) > PAGE else None
        return json_response(AuditLog(entries=[_view(record) for record in page], next=following))

    return api


def _view(record: AuditRecord) -> AuditEntryView:
    return AuditEntryView(**{name: getattr(record, name) for name in AuditEntryView.model_fields})
