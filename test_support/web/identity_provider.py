"""An OpenID Connect provider on loopback: real RS256 tokens, PKCE, and every mistake that a test wishes for."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response as BaseResponse

from test_support.network.http_server import serving

CLIENT_ID, CLIENT_SECRET = "stockcast-at-test", "a secret of the test, with 256 bits or more"
ALGORITHM = "RS256"


@dataclass
class IdentityProvider:
    """The provider. The attributes decide what its next tokens say.

    Args:
        claims: the claims of the person who logs in.
        override: claims that replace those of a correct token; None removes one.
        header: the header of tokens, such as another algorithm.
        key: the key with which it signs; that of its published set by default.
    """

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    override: dict[str, Any] = field(default_factory=dict)
    algorithm: str = ALGORITHM
    key: RSAKey | OctKey | None = None
    published: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1"}))
    described_issuer: str | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def app(self) -> Flask:
        """Return the provider's application."""
        app = Flask(__name__)
        app.get("/.well-known/openid-configuration")(self._describe)
        app.get("/keys")(lambda: jsonify({"keys": [self.published.as_dict(private=False)]}))
        app.get("/authorize")(self._authorize)
        app.post("/token")(self._token)
        return app

    def _describe(self) -> Response:
        return jsonify(
            issuer=self.described_issuer or self.issuer,
            authorization_endpoint=f"{self.issuer}/authorize",
            token_endpoint=f"{self.issuer}/token",
            jwks_uri=f"{self.issuer}/keys",
        )

    def _authorize(self) -> BaseResponse:
        """Log the person in without a question."""
        wanted = request.args.to_dict()
        assert wanted["client_id"] == CLIENT_ID
        assert (wanted["response_type"], wanted["code_challenge_method"]) == ("code", "S256")
        code = secrets.token_urlsafe(16)
        self.codes[code] = wanted
        return redirect(f"{wanted['redirect_uri']}?{urlencode({'code': code, 'state': wanted['state']})}")

    def _token(self) -> tuple[Response, int] | Response:
        """Exchange a code, once, for the client that asked and has the verifier."""
        wanted = self.codes.pop(request.form["code"], None)
        sent = request.authorization
        is_client = sent is not None and (sent.username, sent.password) == (CLIENT_ID, CLIENT_SECRET)
        challenge = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
        if (
            wanted is None
            or not is_client
            or request.form["redirect_uri"] != wanted["redirect_uri"]
            or base64.urlsafe_b64encode(challenge).decode().rstrip("=") != wanted["code_challenge"]
        ):
            return jsonify(error="invalid_grant"), 400
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 60, "nonce": wanted["nonce"]}
        claims |= self.claims | self.override
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": self.algorithm, "kid": "1"}
        token = jwt.encode(header, claims, self.key or self.published, algorithms=[self.algorithm])
        return jsonify(access_token="unused", token_type="Bearer", id_token=token)


class _Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """Log nothing."""


@contextmanager
def running_provider() -> Iterator[IdentityProvider]:
    """Run a provider on a free port."""
    provider = IdentityProvider()
    server = make_server("127.0.0.1", 0, provider.app(), threaded=True, request_handler=_Quiet)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    with serving(server):
        yield provider


def query_of(url: str) -> dict[str, str]:
    """Return the query parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
