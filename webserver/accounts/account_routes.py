"""The caller's own account over HTTP."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response

from common.domain.access import Caller, Scope
from common.domain.errors import StoreUnavailable, Unauthenticated
from webserver.access.policy import AccessPolicy
from webserver.accounts.models import AccountView
from webserver.http.operations import Operation, OperationResponse, described
from webserver.stocks.serializers import json_response


def account_api(caller: Callable[[], Caller], policy: AccessPolicy) -> Blueprint:
    """Return the routes below ``/api/v1/account``."""
    api = Blueprint("account", __name__, url_prefix="/api/v1/account")

    @api.get("")
    @described(
        Operation(
            "accounts",
            Scope.PUBLIC,
            {200: OperationResponse("The caller.", (AccountView,))},
            (Unauthenticated, StoreUnavailable),
            cost=1,  # or else guessing tokens here would be free
        )
    )
    def read() -> Response:
        """Return who you are for this server, and what you may do."""
        present = caller()
        return json_response(
            AccountView(
                mode=policy.mode,
                kind=present.kind,
                account_id=present.account_id,
                email=present.email,
                scopes=sorted(policy.scopes_of(present)),
            )
        )

    return api
