"""The settings of the language model."""

from __future__ import annotations

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from common.runtime.settings_loading import make_settings_error


def _validate_url(value: str | None) -> str | None:
    if value is None:
        return None
    reason = "must be an address such as https://api.example.com/v1, without a name, a password and a query"
    try:
        parts = urlsplit(value)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError as exc:
        raise ValueError(reason) from exc
    if not is_usable or parts.username is not None or parts.query or parts.fragment or not value.isascii():
        raise ValueError(reason)
    return value.rstrip("/")


def _validate_key(value: SecretStr | None) -> SecretStr | None:
    if value is None:
        return None
    key = value.get_secret_value().strip()
    if not (key and key.isascii() and key.isprintable() and " " not in key):
        raise ValueError("has characters that no key has")
    return SecretStr(key)


class LanguageModelSettings(BaseSettings):
    """Environment variables of the same names in upper case."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    llm_url: Annotated[str | None, AfterValidator(_validate_url)] = Field(
        default=None,
        description="The base address of a language model that words insights, in OpenAI's format, such as "
        "http://127.0.0.1:11434/v1. No other address is called.",
    )
    llm_model: str | None = Field(
        default=None, pattern=r"^[\w.:/@+-]{1,100}$", description="The name of the model at that address."
    )
    llm_api_key: Annotated[SecretStr | None, AfterValidator(_validate_key)] = Field(
        default=None, description="The key for that address, where it needs one."
    )
    llm_timeout_s: float = Field(default=30.0, ge=1, le=300, description="The most seconds of one call of the model.")
    llm_daily_tokens: int = Field(
        default=200_000, ge=0, le=1_000_000_000, description="The most tokens of a day (UTC) of all processes together."
    )

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if (self.llm_url is None) != (self.llm_model is None):
            missing = "llm_model" if self.llm_model is None else "llm_url"
            raise make_settings_error({missing: "has to be set with the other setting of the language model"})
        return self
