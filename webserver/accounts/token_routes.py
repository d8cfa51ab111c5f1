"""API tokens over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, request

from common.domain.access import TOKEN_SCOPES, Caller, Scope
from common.domain.errors import Forbidden, InvalidRequest, NotFound, RateLimited, Unauthenticated
from common.domain.questions import validate_as
from common.sql.repositories.people.tokens import ApiToken, NewToken
from webserver.access.audit_trail import name_audit_subject
from webserver.accounts.models import CreatedToken, TokenRequest, Tokens, TokenView
from webserver.accounts.tokens import TokenService
from webserver.http.operations import Operation, OperationResponse, described
from webserver.http.request_parsing import json_of
from webserver.stocks.serializers import json_response

TAG = "accounts"


Confirm = Callable[[Caller, str | None, str], None]
"""Raises a failure unless the caller has confirmed a change with a password; the last argument is the address."""


def tokens_api(service: TokenService, caller: Callable[[], Caller], confirm: Confirm) -> Blueprint:
    """Return the routes below ``/api/v1/tokens``; ``caller`` returns the caller of the present request."""
    api = Blueprint("tokens", __name__, url_prefix="/api/v1/tokens")

    @api.get("")
    @described(
        Operation(TAG, Scope.ACCOUNT, {200: OperationResponse("The tokens.", (Tokens,))}, is_personal=True),
    )
    def list_all() -> Response:
        """Return your API tokens, without their secrets."""
        found = service.list_all(_account_of(caller()))
        return json_response(Tokens(tokens=[TokenView.model_validate(_fields(token)) for token in found]))

    @api.post("")
    @described(
        Operation(
            TAG,
            Scope.ACCOUNT,
            {201: OperationResponse("The token with its secret.", (CreatedToken,))},
            (Forbidden, InvalidRequest, RateLimited),
            body=TokenRequest,
            is_personal=True,
        )
    )
    def create() -> Response:
        """Create an API token. Its secret is in this response only.

        A person who has logged in shows the present password again. One without a password must have logged in within
        the last 15 minutes.
        """
        body = validate_as(TokenRequest, json_of(request.get_data()))
        life = timedelta(days=body.expires_in_days) if body.expires_in_days is not None else None
        scopes = tuple(scope for scope in TOKEN_SCOPES if scope in body.scopes)
        present = caller()
        confirm(present, body.present_password, request.remote_addr or "")
        made = service.create(present, NewToken(_account_of(present), body.name, scopes, life))
        name_audit_subject(made.token.id)
        return json_response(CreatedToken.model_validate(_fields(made.token) | {"token": made.secret}), 201)

    @api.delete("/<uuid:token_id>")
    @described(
        Operation(TAG, Scope.ACCOUNT, {204: OperationResponse("The token was revoked.")}, (NotFound,), is_personal=True)
    )
    def revoke(token_id: Any) -> Response:
        """Revoke an API token. Within a second no server accepts it any more."""
        service.revoke(_account_of(caller()), str(token_id))
        return Response(status=204)

    return api


def _account_of(caller: Caller) -> str:
    if caller.account_id is None:
        raise Unauthenticated
    return caller.account_id


def _fields(token: ApiToken) -> dict[str, Any]:
    scopes = [Scope(name) for name in token.scopes if name in TOKEN_SCOPES]
    return {name: value for name, value in vars(token).items() if name != "account_id"} | {"scopes": scopes}
