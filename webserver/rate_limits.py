"""How much work one client, and all of them together, may ask for; said in ``RateLimit`` headers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from flask import Response, after_this_request, request

from common.errors import Busy, RateLimited
from common.limits import Window
from common.quotas import Count, Left, Quota, Quotas
from webserver.problems import problem


class RateLimits:
    """Counts requests for work, each as much as ``cost`` says of it.

    Where Redis cannot be reached nothing is counted: what follows will find that out, and refuse.
    """

    def __init__(
        self, quotas: Quotas, per_client: Iterable[Window], overall: Iterable[Window], cost: Callable[[], int]
    ) -> None:
        self._quotas = quotas
        self._cost = cost
        self._per_client = tuple(per_client)
        self._overall = tuple(overall)
        policies = self._of("-")
        self._policy = ", ".join(f'"{one.name}";q={one.window.calls};w={one.window.seconds}' for one in policies)

    def refused(self) -> Response | None:
        """Count the present request, and answer 429 where it is beyond the limits; None where it may go on.

        Whatever the answer is, it will say how much is left.
        """
        try:
            cost = self._cost()
            count = self._quotas.count(self._of(request.remote_addr or "nobody"), cost)
        except Busy:
            return None
        after_this_request(partial(self._with_headers, count))
        if count.allowed:
            return None
        return problem(RateLimited(retry_after_s=max(left.reset_s for left in count.left if left.remaining < cost)))

    def _with_headers(self, count: Count, response: Response) -> Response:
        response.headers["RateLimit-Policy"] = self._policy
        response.headers["RateLimit"] = ", ".join(map(_said, count.left))
        return response

    def _of(self, client: str) -> list[Quota]:
        return [
            *(Quota(f"client-{window.seconds}s", f"client:{client}", window) for window in self._per_client),
            *(Quota(f"all-{window.seconds}s", "all", window) for window in self._overall),
        ]


def _said(left: Left) -> str:
    """One item of the header (draft-ietf-httpapi-ratelimit-headers): what is left, and the seconds until the reset."""
    return f'"{left.quota.name}";r={left.remaining};t={left.reset_s}'
