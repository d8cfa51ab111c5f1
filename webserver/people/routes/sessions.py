"""Logging in and out over HTTP, and the sessions of an account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from common.domain.access import Caller, CallerKind, Scope
from common.domain.errors import (
    Busy,
    Forbidden,
    InvalidRequest,
    NotFound,
    RateLimited,
    StoreUnavailable,
    Unauthenticated,
)
from common.domain.questions import validate_as
from common.sql.repositories.people.accounts import Account
from webserver.access.audit_trail import AuditTrail
from webserver.access.credential_store import WHOLE_LIFE
from webserver.access.policy import AccessPolicy
from webserver.access.session_cookie import check_connection, drop_cookie, keep_cookie, session_secret
from webserver.http.operations import Operation, OperationResponse, described
from webserver.http.request_parsing import json_of
from webserver.people.log_in import LogIn
from webserver.people.routes.models import LoginRequest, Sessions, SessionView
from webserver.people.routes.only_with_accounts import only_with_accounts
from webserver.people.sessions import Browser, SessionService, id_of
from webserver.stocks.serializers import json_response

TAG = "accounts"
LOGGED_IN = OperationResponse("The cookie of the session is set.")
PUBLIC_FAILURES = (InvalidRequest, Forbidden, NotFound, RateLimited, StoreUnavailable, Busy)
"""The failures of every call without an account."""


def sessions_api(
    sessions: SessionService, log_in: LogIn, caller: Callable[[], Caller], policy: AccessPolicy, audit: AuditTrail
) -> Blueprint:
    """Return the routes below ``/api/v1/sessions``; ``caller`` returns the caller of the present request."""
    api = Blueprint("sessions", __name__, url_prefix="/api/v1/sessions")

    @api.post("")
    @described(Operation(TAG, Scope.PUBLIC, {204: LOGGED_IN}, (*PUBLIC_FAILURES, Unauthenticated), body=LoginRequest))
    @only_with_accounts(policy)
    def create() -> Response:
        """Create a session: log in. The response sets the cookie."""
        check_connection()
        body = validate_as(LoginRequest, json_of(request.get_data()))
        account = log_in.check(body.email, body.password, client_address())
        response = start_session(sessions, account)
        audit.add("sessions.create", account.id, actor_of(account))
        return response

    @api.get("")
    @described(
        Operation(
            TAG, Scope.ACCOUNT, {200: OperationResponse("The sessions.", (Sessions,))}, (NotFound,), is_personal=True
        )
    )
    @only_with_accounts(policy)
    def list_all() -> Response:
        """Return the sessions of your account."""
        present = caller()
        found = sessions.list_all(present.account_id or "")
        views = [
            SessionView(
                id=id_of(each),
                is_present=each.hash == present.credential,
                user_agent=each.user_agent,
                created_at=each.created_at,
                last_seen_at=each.last_seen_at,
                expires_at=each.expires_at,
            )
            for each in found
        ]
        return json_response(Sessions(sessions=views))

    @api.delete("")
    @described(
        Operation(TAG, Scope.ACCOUNT, {204: OperationResponse("No session is left.")}, (NotFound,), is_personal=True)
    )
    @only_with_accounts(policy)
    def delete_all() -> Response:
        """Delete all sessions of your account: log out everywhere."""
        sessions.end_all(caller().account_id or "")
        return drop_cookie(Response(status=204))

    @api.delete("/present")
    @described(
        Operation(TAG, Scope.ACCOUNT, {204: OperationResponse("The session has ended.")}, (NotFound,), is_personal=True)
    )
    @only_with_accounts(policy)
    def delete_present() -> Response:
        """Delete the session of this request: log out."""
        sessions.end_present(caller())
        return drop_cookie(Response(status=204))

    @api.delete("/<uuid:session_id>")
    @described(
        Operation(TAG, Scope.ACCOUNT, {204: OperationResponse("The session has ended.")}, (NotFound,), is_personal=True)
    )
    @only_with_accounts(policy)
    def delete(session_id: Any) -> Response:
        """Delete a session of your account."""
        sessions.end(caller(), str(session_id))
        return Response(status=204)

    return api


def client_address() -> str:
    """Return the address of the client of the present request."""
    return request.remote_addr or ""


def browser() -> Browser:
    """Return the browser of the present request."""
    return Browser(client_address(), request.headers.get("User-Agent", ""), session_secret())


def start_session(sessions: SessionService, account: Account) -> Response:
    """Start a session in the browser of the present request, which replaces the one that it had."""
    return keep_session_cookie(Response(status=204), sessions.start(account, browser()))


def keep_session_cookie(response: Response, secret: str) -> Response:
    """Make the browser keep the secret of a session."""
    response.headers["Cache-Control"] = "no-store"
    return keep_cookie(response, secret, int(WHOLE_LIFE.total_seconds()))


def actor_of(account: Account) -> Caller:
    """Return the person of an account, for the log of changes."""
    return Caller(CallerKind.SESSION, account_id=account.id)
