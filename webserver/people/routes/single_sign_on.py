"""Logging in at an identity provider, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from common.domain.access import Caller, Scope
from common.domain.errors import Failure, InvalidRequest, NotFound, Unauthenticated
from common.domain.questions import validate_as
from webserver.access.audit_trail import AuditTrail
from webserver.access.policy import AccessPolicy
from webserver.access.session_cookie import check_connection, cookie_name, drop_cookie, keep_cookie
from webserver.http.operations import Operation, OperationResponse, described
from webserver.http.request_parsing import json_of
from webserver.people.oidc.flow import LIFE_S
from webserver.people.oidc.single_sign_on import (
    NO_PROVIDER,
    AuthorizationResponse,
    Identities,
    LoginRefused,
    SingleSignOn,
    id_of_identity,
)
from webserver.people.routes.models import IdentityList, IdentityView, ProviderLogin, ProviderLoginRequest
from webserver.people.routes.only_with_accounts import only_with_accounts
from webserver.people.routes.sessions import PUBLIC_FAILURES, TAG, actor_of, start_session
from webserver.people.sessions import SessionService
from webserver.stocks.serializers import json_response

FLOW_COOKIE = "stockcast_login"


def single_sign_on_api(
    sign_on: SingleSignOn | None,
    identities: Identities,
    sessions: SessionService,
    caller: Callable[[], Caller],
    checks: tuple[AccessPolicy, AuditTrail],
) -> Blueprint:
    """Return the routes; ``caller`` returns the caller of the present request. Without a provider none can be used."""
    api = Blueprint("identities", __name__)
    policy, audit = checks

    def provider() -> SingleSignOn:
        if sign_on is None:
            raise NotFound(NO_PROVIDER)
        return sign_on

    @api.post("/api/v1/provider-logins")
    @described(
        Operation(
            TAG,
            Scope.PUBLIC,
            {201: OperationResponse("Where the person logs in.", (ProviderLogin,))},
            (*PUBLIC_FAILURES, Unauthenticated),
            body=ProviderLoginRequest,
        )
    )
    @only_with_accounts(policy)
    def begin() -> Response:
        """Request a login at the identity provider, or the linking of an identity to your account."""
        check_connection()
        body = validate_as(ProviderLoginRequest, json_of(request.get_data()))
        link_to = _account_to_link(caller()) if body.is_link else None
        url, cookie = provider().begin(body.secret, link_to)
        return keep_cookie(json_response(ProviderLogin(url=url), 201), cookie, LIFE_S, FLOW_COOKIE)

    @api.get("/login/callback")
    @described(
        Operation(
            "page",
            Scope.PUBLIC,
            {303: OperationResponse("The page to go to.", ("text/html",), ("Location",))},
            (NotFound,),
            cost=1,
        )
    )
    @only_with_accounts(policy)
    def finish() -> Response:
        """Return to the page from the identity provider."""
        authorization = AuthorizationResponse(
            request.cookies.get(cookie_name(FLOW_COOKIE)), request.args.get("state", ""), request.args.get("code", "")
        )
        try:
            flow, account = provider().finish(authorization, _present(caller))
            if flow.purpose == "link":
                audit.add("identities.link", account.id, actor_of(account))
                return _go("../account")
            response = start_session(sessions, account)
        except (LoginRefused, Unauthenticated) as refusal:
            return _go(f"../login#{getattr(refusal, 'reason', 'refused')}")
        audit.add("sessions.create", account.id, actor_of(account))
        response.status_code = 303
        response.headers["Location"] = "../"
        return drop_cookie(response, FLOW_COOKIE)

    @api.get("/api/v1/identities")
    @described(
        Operation(
            TAG,
            Scope.ACCOUNT,
            {200: OperationResponse("The identities.", (IdentityList,))},
            (NotFound,),
            is_personal=True,
        )
    )
    @only_with_accounts(policy)
    def list_all() -> Response:
        """Return the identities of a provider that are linked to your account."""
        found = identities.list_all(caller().account_id or "")
        views = [IdentityView(id=id_of_identity(each), issuer=each.issuer, subject=each.subject) for each in found]
        return json_response(IdentityList(identities=views))

    @api.delete("/api/v1/identities/<uuid:identity_id>")
    @described(
        Operation(
            TAG,
            Scope.ACCOUNT,
            {204: OperationResponse("The identity is linked no more.")},
            (InvalidRequest, NotFound),
            is_personal=True,
        )
    )
    @only_with_accounts(policy)
    def delete(identity_id: Any) -> Response:
        """Remove an identity of a provider from your account."""
        identities.unlink(caller().account_id or "", str(identity_id))
        return Response(status=204)

    return api


def _account_to_link(caller: Caller) -> str:
    """Return the account of a person who has logged in; raise Unauthenticated for others."""
    if caller.account_id is None or not caller.may(Scope.ACCOUNT):
        raise Unauthenticated
    return caller.account_id


def _present(caller: Callable[[], Caller]) -> Caller | None:
    try:
        return caller()
    except Failure:
        return None


def _go(address: str) -> Response:
    """Return the response that sends the browser to a page; a relative address also works below a proxy's path."""
    response = Response(status=303, headers={"Location": address, "Cache-Control": "no-store"})
    response.autocorrect_location_header = False
    return drop_cookie(response, FLOW_COOKIE)
