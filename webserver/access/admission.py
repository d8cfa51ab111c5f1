"""The checks before every view, in this order: other sites, who calls, rate limits, what the caller may do."""

from __future__ import annotations

from flask import Flask, Response, current_app, request

from common.domain.access import Scope
from common.domain.errors import Failure, RateLimited, Unauthenticated
from common.runtime.hosts import AllowedHosts
from webserver.access.identification import Identification
from webserver.access.policy import AccessPolicy
from webserver.http.middleware.origin_check import cross_site_refusal
from webserver.http.operations import Operation, operation_of
from webserver.http.rate_limits import RateLimits
from webserver.http.routing import READING


class Admission:
    """Refuses requests before their views run. The host name was checked before Flask.

    Args:
        hosts: the names of this server.
        identification: identifies callers.
        limits: the rate limits.
        policy: what callers may do.
    """

    def __init__(
        self, hosts: AllowedHosts, identification: Identification, limits: RateLimits, policy: AccessPolicy
    ) -> None:
        self._hosts = hosts
        self._identification = identification
        self._limits = limits
        self._policy = policy

    def guard(self, app: Flask) -> None:
        """Run the checks before every view of an application."""
        app.before_request(self._refusal)

    def _refusal(self) -> Response | None:
        """Return the response that refuses the present request, or None.

        Raises:
            Unauthenticated, Forbidden: the caller may not use the route.
            StoreUnavailable: the caller's credentials cannot be checked now.
        """
        if request.method not in READING:
            refusal = cross_site_refusal(self._hosts)
            if refusal is not None:
                return refusal
        operation = _present_operation()
        needs_caller = operation is not None and operation.scope is not Scope.PUBLIC
        refusal = self._limits.refusal(least_cost=1 if needs_caller and self._is_guess() else 0)
        if refusal is None and operation is not None and needs_caller:
            self._policy.check(self._identification.caller(), operation)
        return refusal

    def _is_guess(self) -> bool:
        """Return whether the credentials are not valid, or not checked after too many of those. Each attempt counts."""
        try:
            self._identification.caller()
        except (Unauthenticated, RateLimited):
            return True
        except Failure:
            return False
        return False


def _present_operation() -> Operation | None:
    """Return the operation of the present request; None for an address or method that does not exist."""
    view = current_app.view_functions.get(request.endpoint or "")
    return operation_of(view) if view else None
