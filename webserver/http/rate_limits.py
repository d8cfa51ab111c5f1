"""How much work one client, and all of them together, may ask for; said in ``RateLimit`` headers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache, partial

from flask import Response, after_this_request, request

from common.domain.errors import Busy, RateLimited
from common.redis.quotas import Quota, QuotaCheck, QuotaLeft, Quotas
from common.redis.source_limits import Window
from webserver.http.problems import problem

CLIENTS_KNOWN = 1000
"""Of so many clients a process keeps what their quotas are called."""


class RateLimits:
    """Charges requests for work, each as much as ``cost`` says of it; 0 where its view does that.

    Where Redis cannot be reached nothing is counted: what follows will find that out, and refuse.
    """

    def __init__(
        self, quotas: Quotas, per_client: Iterable[Window], overall: Iterable[Window], cost: Callable[[], int]
    ) -> None:
        self._quotas = quotas
        self._cost = cost
        self._per_client = tuple(per_client)
        self._overall = tuple(overall)
        self._quotas_of = lru_cache(CLIENTS_KNOWN)(self._of)
        policies = self._of("-")
        self._policy = ", ".join(f'"{one.name}";q={one.window.calls};w={one.window.seconds}' for one in policies)

    def refused(self) -> Response | None:
        """Count the present request, and answer 429 where it is beyond the limits; None where it may go on."""
        cost = self._cost()
        return self._counted(self.charge(cost)) if cost else None

    def charge(self, cost: int = 1) -> QuotaCheck:
        """What the present request costs its client, for whoever counts it; the answer will say how much is left.

        What is refused before anybody has counted it is counted then.
        """
        charge = QuotaCheck(self._quotas_of(request.remote_addr or "nobody"), cost)
        after_this_request(partial(self._said_in, charge))
        return charge

    def _counted(self, charge: QuotaCheck) -> Response | None:
        try:
            self._quotas.count(charge)
        except RateLimited as failure:
            return problem(failure)
        except Busy:
            return None
        return None

    def _said_in(self, charge: QuotaCheck, response: Response) -> Response:
        if charge.left is None and response.status_code < 500:
            response = self._counted(charge) or response
        if charge.left is not None:
            left = ", ".join(map(_said, charge.left))
            response.headers.extend([("RateLimit-Policy", self._policy), ("RateLimit", left)])
        return response

    def _of(self, client: str) -> tuple[Quota, ...]:
        return (
            *(Quota(f"client-{window.seconds}s", f"client:{client}", window) for window in self._per_client),
            *(Quota(f"all-{window.seconds}s", "all", window) for window in self._overall),
        )


def _said(left: QuotaLeft) -> str:
    """One item of the header (draft-ietf-httpapi-ratelimit-headers): what is left, and the seconds until the reset."""
    return f'"{left.quota.name}";r={left.remaining};t={left.reset_s}'
