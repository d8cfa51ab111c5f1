"""The cookie in which the browser keeps a login that has begun.

It is signed with a key that is derived from the client's secret. So every process of the web server can finish a login
that another began.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import datetime

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from joserfc.jwt import JWTClaimsRegistry

from webserver.people.oidc.flow import LIFE_S, Flow

_ALGORITHM = "HS256"


class FlowCookie:
    """The content of the cookie that has a flow, signed.

    Args:
        client_secret: the secret from which the key is derived.
    """

    def __init__(self, client_secret: str) -> None:
        self._key = OctKey.import_key(hashlib.sha256(f"stockcast flow {client_secret}".encode()).digest())

    def encode(self, flow: Flow, now: datetime) -> str:
        """Return the content of the cookie."""
        claims = {"exp": int(now.timestamp()) + LIFE_S, "flow": asdict(flow)}
        return jwt.encode({"alg": _ALGORITHM}, claims, self._key)

    def decode(self, content: str, now: datetime) -> Flow | None:
        """Return the flow of a cookie's content; None if somebody else made it, or if it is too old."""
        try:
            token = jwt.decode(content, self._key, algorithms=[_ALGORITHM])
            JWTClaimsRegistry(now=int(now.timestamp()), exp={"essential": True}).validate(token.claims)
        except (JoseError, ValueError):
            return None
        return Flow(**token.claims["flow"])
