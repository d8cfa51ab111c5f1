"""The refusal of routes that exist only where people log in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response

from common.domain.errors import NotFound
from webserver.access.policy import AccessPolicy

NO_ACCOUNTS = "Nobody logs in on this server. Its operator can change that with AUTH=on."
_View = Callable[..., Response]


def only_with_accounts(policy: AccessPolicy) -> Callable[[_View], _View]:
    """Return a decorator that makes a view raise NotFound unless people log in."""

    def attach(view: _View) -> _View:
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Response:
            if policy.mode != "on":
                raise NotFound(NO_ACCOUNTS)
            return view(*args, **kwargs)

        return checked

    return attach
