"""The settings of people's accounts."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

RegistrationMode = Literal["open", "invitation", "closed"]


def _validate_url(value: str | None) -> str | None:
    if value is not None:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be an address such as https://stockcast.example")
    return value and value.rstrip("/")


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

    @property
    def page_url(self) -> str:
        """The address of the page, without a slash at its end."""
        return self.public_url or f"http://127.0.0.1:{self.port}"
