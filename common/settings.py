"""Settings that more than one service has: environment variables, typed, checked together at start."""

from __future__ import annotations

import sys
from typing import Annotated, TypeVar

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from common.addresses import Address
from common.logs import LogForm, LogLevel

AddressSetting = Annotated[
    Address,
    NoDecode,  # host:port is no JSON
    BeforeValidator(lambda value: Address.parse(value) if isinstance(value, str) else value),
]


class SharedSettings(BaseSettings):
    """What every service needs to know."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    redis_url: str = Field(default="redis://127.0.0.1:6379/0", description="Redis; rediss:// for TLS")
    log_level: LogLevel = Field(default="info", description="the least that is logged")
    log_format: LogForm = Field(default="json", description="lines for machines or for people")


class StoreSettings(SharedSettings):
    """What the services that read prices need to know as well."""

    s3_bucket: str = Field(default="stockcast", description="the bucket of the price CSVs")


S = TypeVar("S", bound=BaseSettings)


def loaded(kind: type[S]) -> S:
    """Read the settings, or end the process with one line for each that is wrong (the value is not shown)."""
    try:
        return kind()
    except ValidationError as exc:
        for error in exc.errors(include_url=False, include_input=False):
            name = "_".join(str(part) for part in error["loc"]).upper()
            reason = str(error["msg"]).removeprefix("Value error, ")
            print(f"setting {name}: {reason}", file=sys.stderr)
        raise SystemExit(2) from exc
