"""A login at the provider that has begun: what the browser brings back must belong to it.

The browser keeps it in a cookie, signed with a key that is derived from the client's secret. So every process of the
web server can finish a login that another began.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Literal

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from joserfc.jwt import JWTClaimsRegistry

LIFE_S = 600
_ALGORITHM = "HS256"


@dataclass(frozen=True)
class Flow:
    """The secrets of a login, and what it is for.

    Args:
        purpose: whether the person logs in, or links the identity to the account of a login.
        account_id: the account to link to.
        invitation: the hash of the secret of an invitation.
    """

    purpose: Literal["login", "link"]
    account_id: str | None = None
    invitation: str | None = field(default=None, repr=False)
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48), repr=False)


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
