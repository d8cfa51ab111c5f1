"""Rate limits: how many requests one client, and all clients together, may send; reported in ``RateLimit`` headers.

A request above a limit gets the status 429, which :mod:`webserver.http.problems` lists. The script that accepts a
submission counts it; every other request is counted here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from flask import Response, after_this_request, current_app, request

from common.domain.errors import Busy, RateLimited
from common.redis.rate_windows import Quota, QuotaCheck, QuotaLeft, RateWindows, Window
from webserver.http.operations import operation_of
from webserver.http.problems import problem
from webserver.http.routing import READING


class AddressQuota:
    """The quota of an address, as :class:`RateLimits` counts it for clients without an account.

    Args:
        windows: the counts in Redis.
        per_client: the limits of one client.
    """

    def __init__(self, windows: RateWindows, per_client: Iterable[Window]) -> None:
        self._windows = windows
        self._per_client = tuple(per_client)

    def check(self, address: str) -> None:
        """Return if the quota is not used up, or cannot be read. Nothing is counted.

        Raises:
            RateLimited: the quota is used up.
        """
        quotas = _quotas_of(address, self._per_client)
        try:
            _, left = self._windows.count(0, [quota.counted for quota in quotas])
        except Busy:
            return
        used_up = [each for each in left if each.calls < 1]
        if used_up:
            raise RateLimited(retry_after_s=max(math.ceil(each.ends_in_ms / 1000) for each in used_up))


class RateLimits:
    """Counts each request against the quotas of its client, by the cost of its operation.

    A request is not counted while Redis cannot be reached: its view fails for the same reason.

    Args:
        windows: the counts in Redis.
        per_client: the limits of one client.
        overall: the limits of all clients together.
        client: returns the name of the present request's client.
        others: further limits on the requests that are counted here.
    """

    def __init__(
        self,
        windows: RateWindows,
        per_client: Iterable[Window],
        overall: Iterable[Window],
        client: Callable[[], str],
        others: Sequence[Quota] = (),
    ) -> None:
        self._windows = windows
        self._per_client = tuple(per_client)
        self._overall = tuple(overall)
        self._client = client
        self._others = tuple(others)
        limits = [(quota.name, quota.window) for quota in self._quotas_of_client("-")]
        self._policy = ", ".join(f'"{name}";q={window.calls};w={window.seconds}' for name, window in limits)

    def refusal(self, *, least_cost: int = 0) -> Response | None:
        """Count the present request; return the 429 response if it exceeds a limit."""
        cost = max(least_cost, _cost_of_present_request())
        return self._count(self.quota_check(cost)) if cost else None

    def quota_check(self, cost: int = 1) -> QuotaCheck:
        """Return the quota check of the present request, whose response will contain the ``RateLimit`` headers.

        The ``accept`` script counts a submission. A check that is still uncounted after the view is counted then.
        """
        check = QuotaCheck(self._quotas_of_client(self._client()), cost)
        after_this_request(partial(self._add_headers, check))
        return check

    def _count(self, check: QuotaCheck) -> Response | None:
        try:
            self._windows.check(check)
        except RateLimited as failure:
            return problem(failure)
        except Busy:
            return None
        return None

    def _add_headers(self, check: QuotaCheck, response: Response) -> Response:
        if check.left is None and response.status_code < 500:
            response = self._count(check) or response
        if check.left is not None:
            left = ", ".join(map(_header_item, check.left))
            response.headers.extend([("RateLimit-Policy", self._policy), ("RateLimit", left)])
        return response

    def _quotas_of_client(self, client: str) -> tuple[Quota, ...]:
        return (
            *_quotas_of(client, self._per_client),
            *(Quota(f"all-{window.seconds}s", "all", window) for window in self._overall),
            *self._others,
        )


def _quotas_of(client: str, per_client: Iterable[Window]) -> tuple[Quota, ...]:
    return tuple(Quota(f"client-{window.seconds}s", f"client:{client}", window) for window in per_client)


def _cost_of_present_request() -> int:
    """Return the cost that the operation declares; by default, reading is free and a change costs 1."""
    view = current_app.view_functions.get(request.endpoint or "")
    cost = operation_of(view).cost if view else None
    if cost is None:
        return 0 if request.method in READING else 1
    return cost() if callable(cost) else cost


def _header_item(left: QuotaLeft) -> str:
    """Return one item of the header (draft-ietf-httpapi-ratelimit-headers): calls left, seconds until reset."""
    return f'"{left.quota.name}";r={left.remaining};t={left.reset_s}'
