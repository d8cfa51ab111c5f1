"""The bodies of requests and responses about accounts, tokens and the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from common.domain.access import TOKEN_SCOPES, CallerKind, Scope
from common.domain.questions import to_whole_number
from webserver.http.request_parsing import whole_number

EXAMPLE_ID = "0b6cf5f4-3f0e-4b8e-9a52-6f0f3c1f1f60"
EXAMPLE_ACCOUNT = "d1f7b1c2-52f0-4c83-8a3e-2a9f0b0f7c11"
LONGEST_LIFE_DAYS = 3650
_STRICT = ConfigDict(frozen=True, strict=True, extra="forbid")
_A_TOKEN: dict[str, Any] = {
    "id": EXAMPLE_ID,
    "name": "nightly job",
    "prefix": "stockcast_4GbQ0aTz",
    "scopes": ["read", "forecast"],
    "created_at": "2026-11-20T21:30:00Z",
    "expires_at": "2027-02-18T21:30:00Z",
    "last_used_at": None,
    "revoked_at": None,
}


def _token_scope(value: object) -> object:
    return Scope(value) if isinstance(value, str) and value in TOKEN_SCOPES else value


TokenScopeName = Literal[Scope.READ, Scope.FORECAST, Scope.WRITE, Scope.ADMIN]
TokenScope = Annotated[TokenScopeName, BeforeValidator(_token_scope)]


LifeDays = Annotated[int, Field(ge=1, le=LONGEST_LIFE_DAYS), BeforeValidator(to_whole_number)]


class AccountView(BaseModel):
    """The caller: how it was identified, its account and what it may do."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {"mode": "on", "kind": "token", "account_id": EXAMPLE_ACCOUNT, "email": "ann@example.org"}
                | {"scopes": ["forecast", "read"]},
            ]
        },
    )

    mode: Literal["off", "open", "on"] = Field(description="The server's setting `AUTH`.")
    kind: CallerKind = Field(description="How the caller was identified.")
    account_id: str | None = Field(description="The caller's account. Null without one.")
    email: str | None = Field(description="The email address of the account. Null without one.")
    scopes: list[Scope] = Field(description="What the caller may do, in alphabetical order.")


class TokenRequest(BaseModel):
    """The body that creates a token."""

    model_config = ConfigDict(
        **_STRICT,
        json_schema_extra={
            "examples": [{"name": "nightly job", "scopes": ["read", "forecast"], "expires_in_days": 90}]
        },
    )

    name: str = Field(min_length=1, max_length=80, description="What the token is for.")
    scopes: list[TokenScope] = Field(min_length=1, max_length=len(TOKEN_SCOPES), description="What the token may do.")
    expires_in_days: LifeDays | None = Field(default=90, description="The days until it expires. Null for never.")
    present_password: str | None = Field(
        default=None,
        min_length=1,
        max_length=1000,
        description="Your present password. A person who has logged in and has a password must send it.",
        repr=False,
    )


class TokenView(BaseModel):
    """A token without its secret."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [_A_TOKEN]})

    id: str = Field(description="The id of the token, a UUID. It is not secret.")
    name: str = Field(description="What the token is for.")
    prefix: str = Field(description="The first characters of the secret.")
    scopes: list[TokenScopeName] = Field(description="What the token may do.")
    created_at: datetime = Field(description="When it was created.")
    expires_at: datetime | None = Field(description="When it expires. Null for never.")
    last_used_at: datetime | None = Field(description="When it was last used, to the minute. Null for never.")
    revoked_at: datetime | None = Field(description="When it was revoked. Null if it was not.")


class CreatedToken(TokenView):
    """A new token with its secret, which is shown only once."""

    model_config = ConfigDict(
        frozen=True, json_schema_extra={"examples": [_A_TOKEN | {"token": "stockcast_4GbQ0aTz…"}]}
    )

    token: str = Field(description="The secret. Store it now; it cannot be shown again.", repr=False)


class Tokens(BaseModel):
    """The tokens of an account, the newest first."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [{"tokens": [_A_TOKEN]}]})

    tokens: list[TokenView] = Field(description="The tokens, also those that expired or were revoked.")


class AuditQuery(BaseModel):
    """The query parameters of the audit log."""

    model_config = ConfigDict(frozen=True, strict=True)

    before: Annotated[int, Field(ge=1, le=2**63 - 1), BeforeValidator(whole_number)] | None = Field(
        default=None, description="The last entry of the previous page. `next` in the response contains it."
    )


class AuditEntryView(BaseModel):
    """One change."""

    model_config = ConfigDict(frozen=True)

    id: int = Field(description="The number of the change.")
    at: datetime = Field(description="When it happened.")
    actor: str | None = Field(description="The account. Null without one.")
    actor_kind: str = Field(description="How the actor was identified: `local`, `session`, `token` or `command`.")
    action: str = Field(description="What was done, such as `prices.refresh`.")
    subject: str = Field(description="What was changed, such as a ticker.")
    address: str = Field(description="The address of the client.")


class AuditLog(BaseModel):
    """A page of the audit log, the newest change first."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "entries": [
                        {
                            "id": 17,
                            "at": "2026-11-20T21:30:00Z",
                            "actor": EXAMPLE_ACCOUNT,
                            "actor_kind": "token",
                            "action": "tickers.remove",
                            "subject": "AAPL",
                            "address": "192.0.2.7",
                        }
                    ],
                    "next": None,
                }
            ]
        },
    )

    entries: list[AuditEntryView] = Field(description="Up to 100 changes.")
    next: str | None = Field(description="The address of the next page. Null on the last page.")
