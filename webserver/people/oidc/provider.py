"""The OpenID Connect provider: authorization code with PKCE, and the checks of its ID token."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from common.runtime.version import USER_AGENT
from webserver.people.oidc.flow import Flow
from webserver.people.oidc.identity import Identity, ProviderFailed

TIMEOUT_S = 10.0
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""Signatures with a private key. One with the client's secret, or none, is refused."""
_SCOPE = "openid email"
_LEEWAY_S = 60


@dataclass(frozen=True)
class Provider:
    """An OpenID Connect provider.

    Args:
        issuer: its address, exactly as its tokens state it.
        client_id: the id of this server there.
        client_secret: the secret of this server there.
        redirect_uri: the address to which it sends browsers back.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str

    def authorization_url(self, flow: Flow) -> str:
        """Return the address at which a person logs in.

        Raises:
            ProviderFailed: the provider cannot be reached.
        """
        endpoint = self._describe()["authorization_endpoint"]
        with self._session() as session:
            url, _ = session.create_authorization_url(
                endpoint, state=flow.state, code_verifier=flow.verifier, nonce=flow.nonce
            )
        return str(url)

    def identify(self, code: str, flow: Flow) -> Identity:
        """Return the person to whom an authorization code belongs.

        Raises:
            ProviderFailed: the provider cannot be reached, or the code or the token is refused.
        """
        description = self._describe()
        try:
            with self._session() as session:
                answer = session.fetch_token(
                    description["token_endpoint"], code=code, code_verifier=flow.verifier, timeout=TIMEOUT_S
                )
            return self._read(str(answer["id_token"]), self._keys(description), flow)
        except requests.RequestException as exc:
            raise ProviderFailed(f"it cannot be reached: {type(exc).__name__}") from exc
        except (AuthlibBaseError, JoseError, ValueError, KeyError, TypeError) as exc:
            raise ProviderFailed(f"its answer is refused: {type(exc).__name__}") from exc

    def _read(self, id_token: str, keys: KeySet, flow: Flow) -> Identity:
        token = jwt.decode(id_token, keys, algorithms=list(ALGORITHMS))
        options = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self.client_id},
        }
        params = {"nonce": flow.nonce, "client_id": self.client_id}
        claims: Any = CodeIDToken(token.claims, token.header, options, params)
        claims.validate(leeway=_LEEWAY_S)
        if flow.nonce != claims.get("nonce"):
            raise ProviderFailed("its token has another nonce")
        email = claims.get("email") if claims.get("email_verified") is True else None
        return Identity(self.issuer, str(claims["sub"]), email)

    def _describe(self) -> dict[str, Any]:
        """Return the provider's description of itself."""
        try:
            answer = _get(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
            answer.raise_for_status()
            description: dict[str, Any] = answer.json()
            if description["issuer"] != self.issuer:
                raise ProviderFailed("it describes another issuer")
        except requests.RequestException as exc:
            raise ProviderFailed(f"it cannot be reached: {type(exc).__name__}") from exc
        except (ValueError, KeyError, TypeError) as exc:
            raise ProviderFailed("its description cannot be read") from exc
        return description

    def _keys(self, description: dict[str, Any]) -> KeySet:
        answer = _get(description["jwks_uri"])
        answer.raise_for_status()
        return KeySet.import_key_set(answer.json())

    def _session(self) -> OAuth2Session:
        session = OAuth2Session(
            self.client_id,
            self.client_secret,
            scope=_SCOPE,
            redirect_uri=self.redirect_uri,
            code_challenge_method="S256",
        )
        session.headers["User-Agent"] = USER_AGENT
        return session


def _get(url: str) -> requests.Response:
    return requests.get(url, headers={"User-Agent": USER_AGENT}, timeout=TIMEOUT_S)
