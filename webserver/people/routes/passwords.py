"""Registration and passwords over HTTP."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, request

from common.domain.access import Caller, CallerKind, Scope
from common.domain.errors import InvalidRequest, NotFound, RateLimited
from common.domain.questions import validate_as
from webserver.access.audit_trail import AuditTrail
from webserver.access.policy import AccessPolicy
from webserver.access.session_cookie import check_connection
from webserver.http.operations import Operation, OperationResponse, described
from webserver.http.request_parsing import json_of
from webserver.people.password_changes import PasswordChanges
from webserver.people.registration import Registration, RegistrationForm
from webserver.people.routes.models import (
    LinkRequest,
    LoginOptions,
    PasswordChange,
    PasswordResetUse,
    RegistrationRequest,
)
from webserver.people.routes.only_with_accounts import only_with_accounts
from webserver.people.routes.sessions import (
    LOGGED_IN,
    PUBLIC_FAILURES,
    TAG,
    actor_of,
    browser,
    client_address,
    keep_session_cookie,
)
from webserver.stocks.serializers import json_response

MAILED = OperationResponse("A mail is on its way, if the address may get one.")


def passwords_api(
    registration: Registration,
    passwords: PasswordChanges,
    caller: Callable[[], Caller],
    policy: AccessPolicy,
    audit: AuditTrail,
) -> Blueprint:
    """Return the routes of registration and passwords; ``caller`` returns the caller of the present request."""
    api = Blueprint("people", __name__, url_prefix="/api/v1")

    @api.get("/login-options")
    @described(Operation(TAG, Scope.PUBLIC, {200: OperationResponse("The options.", (LoginOptions,))}, (NotFound,)))
    @only_with_accounts(policy)
    def options() -> Response:
        """Return how people get into this server."""
        return json_response(
            LoginOptions(registration=registration.mode, has_mail=passwords.has_mail, provider=registration.provider)
        )

    @api.post("/registrations")
    @described(Operation(TAG, Scope.PUBLIC, {202: MAILED}, PUBLIC_FAILURES, body=LinkRequest))
    @only_with_accounts(policy)
    def request_registration() -> Response:
        """Request a mail with a link to register."""
        body = validate_as(LinkRequest, json_of(request.get_data()))
        registration.send_link(body.email, client_address())
        return Response(status=202)

    @api.post("/accounts")
    @described(
        Operation(
            TAG,
            Scope.PUBLIC,
            {204: OperationResponse("The account exists. Log in.")},
            PUBLIC_FAILURES,
            body=RegistrationRequest,
        )
    )
    @only_with_accounts(policy)
    def register() -> Response:
        """Create an account. The first one is the administrator's.

        The response is the same if the address has an account already, whose password does not change.
        """
        check_connection()
        body = validate_as(RegistrationRequest, json_of(request.get_data()))
        account = registration.register(RegistrationForm(body.email, body.password, body.secret), client_address())
        if account is not None:
            audit.add("accounts.create", account.id, actor_of(account))
        return Response(status=204)

    @api.post("/password-resets")
    @described(Operation(TAG, Scope.PUBLIC, {202: MAILED}, PUBLIC_FAILURES, body=LinkRequest))
    @only_with_accounts(policy)
    def request_reset() -> Response:
        """Request a mail with a link to set a new password."""
        body = validate_as(LinkRequest, json_of(request.get_data()))
        passwords.send_link(body.email, client_address())
        return Response(status=202)

    @api.post("/password-resets:use")
    @described(
        Operation(
            TAG,
            Scope.PUBLIC,
            {204: OperationResponse("The password is set. All sessions have ended.")},
            PUBLIC_FAILURES,
            body=PasswordResetUse,
        )
    )
    @only_with_accounts(policy)
    def use_reset() -> Response:
        """Change a password by a link. All sessions of the account end."""
        check_connection()
        body = validate_as(PasswordResetUse, json_of(request.get_data()))
        account_id = passwords.use_link(body.secret, body.password, client_address())
        audit.add("passwords.reset", account_id, Caller(CallerKind.NOBODY, account_id=account_id))
        return Response(status=204)

    @api.put("/account/password")
    @described(
        Operation(
            TAG,
            Scope.ACCOUNT,
            {204: LOGGED_IN},
            (InvalidRequest, NotFound, RateLimited),
            body=PasswordChange,
            is_personal=True,
        )
    )
    @only_with_accounts(policy)
    def change_password() -> Response:
        """Change your password. All other sessions of your account end."""
        body = validate_as(PasswordChange, json_of(request.get_data()))
        secret = passwords.change(caller(), body.present_password, body.password, browser())
        return keep_session_cookie(Response(status=204), secret)

    return api
