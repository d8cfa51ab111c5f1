"""The bodies of requests and responses about people's accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from common.domain.email_addresses import normalise_email

EXAMPLE_ACCOUNT = "d1f7b1c2-52f0-4c83-8a3e-2a9f0b0f7c11"
EXAMPLE_SECRET = "q1Zb0aX4m9cJ2rT7vK5nW8yD3fH6sL1pQ0eR4uI9oAg"  # noqa: S105 - no password
_STRICT = ConfigDict(frozen=True, strict=True, extra="forbid")
_MOST_SENT = 1000
"""The most characters of a password in a request. A longer one than the rules allow gets a sentence about it."""


Email = Annotated[
    str,
    Field(max_length=300, description="The email address.", examples=["ann@example.org"]),
    AfterValidator(normalise_email),
]
Password = Annotated[str, Field(min_length=1, max_length=_MOST_SENT)]
LinkSecret = Annotated[
    str,
    Field(min_length=20, max_length=100, description="The part of the link behind `#`."),
]


def _examples(*examples: dict[str, Any]) -> dict[str, Any]:
    return {"examples": list(examples)}


class LoginOptions(BaseModel):
    """The ways to log in to this server."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra=_examples({"registration": "invitation", "has_mail": True, "provider": "login.example"}),
    )

    registration: Literal["open", "invitation", "closed"] = Field(description="The server's setting `REGISTRATION`.")
    has_mail: bool = Field(description="Whether the server sends links by mail.")
    provider: str | None = Field(description="The host name of the identity provider. Null without one.")


class LoginRequest(BaseModel):
    """The body that logs a person in."""

    model_config = ConfigDict(
        **_STRICT, json_schema_extra=_examples({"email": "ann@example.org", "password": "copper lantern wide river"})
    )

    email: Email
    password: Password = Field(description="The password.", repr=False)


class RegistrationRequest(BaseModel):
    """The body that creates an account."""

    model_config = ConfigDict(
        **_STRICT,
        json_schema_extra=_examples(
            {"email": "ann@example.org", "password": "copper lantern wide river", "secret": EXAMPLE_SECRET}
        ),
    )

    email: Email
    password: Password = Field(description="The password, of 12 to 128 characters.", repr=False)
    secret: LinkSecret | None = Field(
        default=None, description="The part of the link behind `#`. Null if everybody may register.", repr=False
    )


class LinkRequest(BaseModel):
    """The body that asks for a mail with a link."""

    model_config = ConfigDict(**_STRICT, json_schema_extra=_examples({"email": "ann@example.org"}))

    email: Email


class PasswordResetUse(BaseModel):
    """The body that sets a new password by a link."""

    model_config = ConfigDict(
        **_STRICT, json_schema_extra=_examples({"secret": EXAMPLE_SECRET, "password": "copper lantern wide river"})
    )

    secret: LinkSecret = Field(repr=False)
    password: Password = Field(description="The new password, of 12 to 128 characters.", repr=False)


class PasswordChange(BaseModel):
    """The body that replaces the password of a person who has logged in."""

    model_config = ConfigDict(
        **_STRICT,
        json_schema_extra=_examples(
            {"present_password": "copper lantern wide river", "password": "seven quiet maple boats"}
        ),
    )

    present_password: Password = Field(description="The present password.", repr=False)
    password: Password = Field(description="The new password, of 12 to 128 characters.", repr=False)


_A_SESSION = {
    "id": "0b6cf5f4-3f0e-4b8e-9a52-6f0f3c1f1f60",
    "is_present": True,
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
    "created_at": "2026-11-20T21:30:00Z",
    "last_seen_at": "2026-11-21T08:02:00Z",
    "expires_at": "2026-12-05T08:02:00Z",
}


class SessionView(BaseModel):
    """A session of the account."""

    model_config = ConfigDict(frozen=True, json_schema_extra=_examples(_A_SESSION))

    id: str = Field(description="The id of the session, a UUID. It is not secret.")
    is_present: bool = Field(description="Whether this request belongs to it.")
    user_agent: str = Field(description="The browser's own name.")
    created_at: datetime = Field(description="When the person logged in.")
    last_seen_at: datetime = Field(description="When it was last used, to the minute.")
    expires_at: datetime = Field(description="When it ends without further use.")


class Sessions(BaseModel):
    """The sessions of the account, the last used first."""

    model_config = ConfigDict(frozen=True, json_schema_extra=_examples({"sessions": [_A_SESSION]}))

    sessions: list[SessionView] = Field(description="The sessions that have not ended.")


_A_PERSON = {
    "id": EXAMPLE_ACCOUNT,
    "email": "ann@example.org",
    "is_admin": False,
    "has_password": True,
    "created_at": "2026-11-20T21:30:00Z",
    "disabled_at": None,
}


class PersonView(BaseModel):
    """An account as administrators see it."""

    model_config = ConfigDict(frozen=True, json_schema_extra=_examples(_A_PERSON))

    id: str = Field(description="The id of the account, a UUID.")
    email: str | None = Field(description="The email address.")
    is_admin: bool = Field(description="Whether the account is an administrator's.")
    has_password: bool = Field(description="Whether a password was set.")
    created_at: datetime = Field(description="When it was created.")
    disabled_at: datetime | None = Field(description="When it was disabled. Null if it is not.")


class People(BaseModel):
    """All accounts, the oldest first."""

    model_config = ConfigDict(frozen=True, json_schema_extra=_examples({"accounts": [_A_PERSON]}))

    accounts: list[PersonView] = Field(description="The accounts.")


class PersonChange(BaseModel):
    """The body that changes an account. What is null stays as it is."""

    model_config = ConfigDict(**_STRICT, json_schema_extra=_examples({"is_disabled": True}))

    is_disabled: bool | None = Field(default=None, description="Whether the account is disabled.")
    is_admin: bool | None = Field(default=None, description="Whether the account is an administrator's.")


class InvitationRequest(BaseModel):
    """The body that creates an invitation."""

    model_config = ConfigDict(**_STRICT, json_schema_extra=_examples({"email": "ben@example.org"}))

    email: Email | None = Field(default=None, description="The only address that may use it. Null for any.")


class LinkView(BaseModel):
    """A link that works once."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra=_examples(
            {"url": f"https://stockcast.example/register#{EXAMPLE_SECRET}", "expires_at": "2026-11-27T21:30:00Z"}
        ),
    )

    url: str = Field(description="The link. Pass it on to the person only; it cannot be shown again.", repr=False)
    expires_at: datetime = Field(description="When it ends.")


class InvitationView(BaseModel):
    """An invitation without its link."""

    model_config = ConfigDict(frozen=True)

    email: str | None = Field(description="The only address that may use it. Null for any.")
    created_by: str = Field(description="The account of the administrator.")
    created_at: datetime = Field(description="When it was created.")
    expires_at: datetime = Field(description="When it ends.")


class Invitations(BaseModel):
    """The invitations that can still be used, the newest first."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra=_examples(
            {
                "invitations": [
                    {
                        "email": "ben@example.org",
                        "created_by": EXAMPLE_ACCOUNT,
                        "created_at": "2026-11-20T21:30:00Z",
                        "expires_at": "2026-11-27T21:30:00Z",
                    }
                ]
            }
        ),
    )

    invitations: list[InvitationView] = Field(description="The invitations.")


class ProviderLoginRequest(BaseModel):
    """The body that begins a login at the identity provider."""

    model_config = ConfigDict(**_STRICT, json_schema_extra=_examples({"is_link": False}))

    is_link: bool = Field(default=False, description="Whether to link the identity to the account of this session.")
    secret: LinkSecret | None = Field(
        default=None, description="The part of an invitation's link behind `#`, for a new account.", repr=False
    )


class ProviderLogin(BaseModel):
    """A login at the identity provider that has begun."""

    model_config = ConfigDict(
        frozen=True, json_schema_extra=_examples({"url": "https://login.example/authorize?response_type=code"})
    )

    url: str = Field(description="Where the person logs in. The browser that asked has to open it within 10 minutes.")


class IdentityView(BaseModel):
    """A person at an identity provider."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="The id of the link, a UUID.")
    issuer: str = Field(description="The provider.")
    subject: str = Field(description="The person's name at the provider.")


class IdentityList(BaseModel):
    """The identities that are linked to the account."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra=_examples(
            {"identities": [{"id": EXAMPLE_ACCOUNT, "issuer": "https://login.example", "subject": "248289761001"}]}
        ),
    )

    identities: list[IdentityView] = Field(description="The identities.")
