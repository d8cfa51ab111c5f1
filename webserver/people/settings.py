"""The settings of people's accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from common.runtime.settings_loading import make_settings_error

if TYPE_CHECKING:
    from webserver.people.oidc.provider import Provider

RegistrationMode = Literal["open", "invitation", "closed"]


def _validate_url(value: str | None) -> str | None:
    if value is not None:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be an address such as https://stockcast.example")
    return value and value.rstrip("/")


_OIDC = ("oidc_issuer", "oidc_client_id", "oidc_client_secret")


def _validate_issuer(value: str | None) -> str | None:
    parts = urlsplit(value or "")
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"})
    if value is not None and (not is_safe or not parts.hostname or parts.query or parts.fragment):
        raise ValueError("must be an https:// address such as https://login.example")
    return value


class PeopleSettings(BaseSettings):
    """Environment variables of the same names in upper case."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    port: int = Field(default=5000, ge=1, le=65535, description="The port of the page and the API.")
    registration: RegistrationMode = Field(
        default="invitation",
        description="With AUTH=on, open: everybody may register; invitation: whoever has a link; closed: nobody.",
    )
    public_url: Annotated[str | None, AfterValidator(_validate_url)] = Field(
        default=None, description="The address of the page, for links in mails: https://stockcast.example."
    )

    oidc_issuer: Annotated[str | None, AfterValidator(_validate_issuer)] = Field(
        default=None, description="The OpenID Connect provider at which people may log in: https://login.example."
    )
    oidc_client_id: str | None = Field(default=None, description="The id of this server at the provider.")
    oidc_client_secret: SecretStr | None = Field(default=None, description="The secret of this server there.")

    @model_validator(mode="after")
    def _check_provider(self) -> Self:
        missing = [name for name in _OIDC if getattr(self, name) is None]
        if missing and len(missing) < len(_OIDC):
            raise make_settings_error(dict.fromkeys(missing, "has to be set where another OIDC_ setting is"))
        return self

    def provider(self) -> Provider | None:
        """Return the identity provider, or None without one."""
        if not (self.oidc_issuer and self.oidc_client_id and self.oidc_client_secret):
            return None
        # Few servers have a provider, and its libraries take a tenth of a second of every start.
        from webserver.people.oidc.provider import Provider  # noqa: PLC0415

        redirect_uri = f"{self.page_url}/login/callback"
        return Provider(self.oidc_issuer, self.oidc_client_id, self.oidc_client_secret.get_secret_value(), redirect_uri)

    @property
    def page_url(self) -> str:
        """The address of the page, without a slash at its end."""
        return self.public_url or f"http://127.0.0.1:{self.port}"
