"""The cookie with the secret of a session.

Over TLS its name begins with ``__Host-``: browsers then keep it only from a secure response of this very host. A plain
connection carries it on the machine itself only.
"""

from __future__ import annotations

from flask import Response, request

from common.domain.errors import Forbidden
from common.runtime.hosts import LOOPBACK, Host

SESSION_COOKIE = "stockcast_session"
SECURE_PREFIX = "__Host-"
PLAIN_CONNECTION = (
    "A login over a plain connection could be read on its way, so it was refused. Use https://. The operator of the "
    "server may have to set PROXY_HOPS."
)


def cookie_name(name: str = SESSION_COOKIE) -> str:
    """Return the name of a cookie on the connection of the present request."""
    return f"{SECURE_PREFIX}{name}" if request.is_secure else name


def session_secret() -> str | None:
    """Return the secret in the cookie of the present request."""
    return request.cookies.get(cookie_name())


def check_connection() -> None:
    """Return if the connection of the present request may carry a cookie or a password.

    Raises:
        Forbidden: others on the network could read it.
    """
    if not request.is_secure and Host.parse(request.host).name not in LOOPBACK:
        raise Forbidden(PLAIN_CONNECTION)


def keep_cookie(response: Response, secret: str, seconds: int, name: str = SESSION_COOKIE) -> Response:
    """Make the browser keep a secret, which no script can read and no form of another site sends."""
    response.set_cookie(
        cookie_name(name), secret, max_age=seconds, secure=request.is_secure, httponly=True, samesite="Lax", path="/"
    )
    return response


def drop_cookie(response: Response, name: str = SESSION_COOKIE) -> Response:
    """Make the browser forget a secret."""
    response.delete_cookie(cookie_name(name), secure=request.is_secure, httponly=True, samesite="Lax", path="/")
    return response
