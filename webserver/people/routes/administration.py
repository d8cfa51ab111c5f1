"""The administration of accounts over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from common.domain.access import Caller, Scope
from common.domain.errors import InvalidRequest, NotFound
from common.domain.questions import validate_as
from common.sql.repositories.people.accounts import Account
from webserver.access.audit_trail import name_audit_subject
from webserver.access.policy import AccessPolicy
from webserver.http.operations import Operation, OperationResponse, described
from webserver.http.request_parsing import json_of
from webserver.people.administration import Administration
from webserver.people.links import OneTimeLink
from webserver.people.password_changes import PasswordChanges
from webserver.people.registration import Registration
from webserver.people.routes.models import (
    InvitationRequest,
    Invitations,
    InvitationView,
    LinkView,
    People,
    PersonChange,
    PersonView,
)
from webserver.people.routes.only_with_accounts import only_with_accounts
from webserver.people.routes.sessions import TAG
from webserver.stocks.serializers import json_response

A_LINK = OperationResponse("The link.", (LinkView,))


def administration_api(
    administration: Administration,
    registration: Registration,
    passwords: PasswordChanges,
    policy: AccessPolicy,
    caller: Callable[[], Caller],
) -> Blueprint:
    """Return the routes of administrators; ``caller`` returns the caller of the present request."""
    api = Blueprint("administration", __name__, url_prefix="/api/v1")

    @api.get("/accounts")
    @described(Operation(TAG, Scope.ADMIN, {200: OperationResponse("The accounts.", (People,))}, (NotFound,), cost=1))
    @only_with_accounts(policy)
    def list_accounts() -> Response:
        """Return the accounts of this server."""
        return json_response(People(accounts=[_view(account) for account in administration.list_accounts()]))

    @api.patch("/accounts/<uuid:account_id>")
    @described(
        Operation(
            TAG,
            Scope.ADMIN,
            {200: OperationResponse("The account.", (PersonView,))},
            (InvalidRequest, NotFound),
            body=PersonChange,
        )
    )
    @only_with_accounts(policy)
    def change(account_id: Any) -> Response:
        """Change an account: disable or enable it, or make it an administrator's.

        All of its sessions end. Within a second a disabled account has no access, by tokens neither.
        """
        body = validate_as(PersonChange, json_of(request.get_data()))
        changed = administration.change(str(account_id), is_disabled=body.is_disabled, is_admin=body.is_admin)
        changes = body.model_dump(exclude_none=True).items()
        name_audit_subject(" ".join([str(account_id), *(f"{name}={value}".lower() for name, value in changes)]))
        return json_response(_view(changed))

    @api.post("/accounts/<uuid:account_id>:reset")
    @described(Operation(TAG, Scope.ADMIN, {201: A_LINK}, (NotFound,)))
    @only_with_accounts(policy)
    def create_reset(account_id: Any) -> Response:
        """Create a link by which a person sets a new password. It works once, for a day."""
        return _link(passwords.make_link(str(account_id)))

    @api.get("/invitations")
    @described(
        Operation(TAG, Scope.ADMIN, {200: OperationResponse("The invitations.", (Invitations,))}, (NotFound,), cost=1)
    )
    @only_with_accounts(policy)
    def list_invitations() -> Response:
        """Return the invitations that can still be used, without their links."""
        views = [
            InvitationView(**{name: getattr(invitation, name) for name in InvitationView.model_fields})
            for invitation in administration.list_invitations()
        ]
        return json_response(Invitations(invitations=views))

    @api.post("/invitations")
    @described(
        Operation(TAG, Scope.ADMIN, {201: A_LINK}, (InvalidRequest, NotFound), body=InvitationRequest, is_personal=True)
    )
    @only_with_accounts(policy)
    def invite() -> Response:
        """Create a link by which a person registers. It works once, for a week."""
        body = validate_as(InvitationRequest, json_of(request.get_data()))
        return _link(registration.invite(caller().account_id or "", body.email))

    return api


def _link(link: OneTimeLink) -> Response:
    return json_response(LinkView(url=link.url, expires_at=link.expires_at), 201)


def _view(account: Account) -> PersonView:
    return PersonView(
        id=account.id,
        email=account.email,
        is_admin=account.is_admin,
        has_password=account.password_hash is not None,
        created_at=account.created_at,
        disabled_at=account.disabled_at,
    )
