"""Settings that several services share: typed environment variables, which are validated at start."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, FilePath, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from common.redis.client.addresses import RedisAddress
from common.rpc.addresses import Address
from common.rpc.tls import CredentialFiles, Credentials
from common.runtime.hosts import LOOPBACK_ONLY, AllowedHosts, InvalidHost
from common.runtime.logs import LogForm, LogLevel
from common.runtime.settings_loading import make_settings_error

AddressSetting = Annotated[
    Address,
    NoDecode,  # host:port is not JSON
    BeforeValidator(lambda value: Address.parse(value) if isinstance(value, str) else value),
]

AllowedHostsSetting = Annotated[
    AllowedHosts,
    NoDecode,
    BeforeValidator(lambda value: _parse_allowed_hosts(value) if isinstance(value, str) else value),
]


def _parse_allowed_hosts(text: str) -> AllowedHosts:
    try:
        return AllowedHosts.parse(text)
    except InvalidHost as exc:
        reason = "must be host names with commas between them, such as stockcast.example,.example.com, or *"
        raise ValueError(reason) from exc


def _validate_redis_url(value: str) -> str:
    RedisAddress.parse(value)
    return value


def _validate_token(value: SecretStr | None) -> SecretStr | None:
    if value is not None and not _TOKEN.fullmatch(value.get_secret_value()):
        raise ValueError("must be at least 16 letters, digits, - or _, such as `openssl rand -hex 32` prints")
    return value


_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,512}")
_TLS = ("tls_certificate_file", "tls_key_file", "tls_ca_file")


class SharedSettings(BaseSettings):
    """The settings of every service."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    redis_url: Annotated[str, AfterValidator(_validate_redis_url)] = Field(
        default="redis://127.0.0.1:6379/0", description="Redis; rediss:// for TLS, redis+sentinel:// for Sentinels"
    )
    allowed_hosts: AllowedHostsSetting = Field(
        default=LOOPBACK_ONLY, description="the host names that it answers to, besides those of loopback"
    )
    log_level: LogLevel = Field(default="info", description="the least that is logged")
    log_format: LogForm = Field(default="json", description="lines for machines or for people")
    service_token: Annotated[SecretStr | None, AfterValidator(_validate_token)] = Field(
        default=None, description="a secret that the services show each other"
    )
    tls_certificate_file: FilePath | None = Field(default=None, description="this service's certificate, PEM")
    tls_key_file: FilePath | None = Field(default=None, description="the certificate's key, PEM, without passphrase")
    tls_ca_file: FilePath | None = Field(default=None, description="whose certificates the services trust, PEM")

    @model_validator(mode="after")
    def _check_certificates(self) -> Self:
        paths = {name: getattr(self, name) for name in _TLS}
        missing = [name for name, path in paths.items() if path is None]
        if missing and len(missing) < len(paths):
            raise make_settings_error(dict.fromkeys(missing, "has to be set where another TLS_ file is"))
        try:
            self.credentials()
        except OSError as exc:
            reason = getattr(exc, "reason", None) or "one of them is no PEM"
            raise make_settings_error(
                {"tls_certificate_file": f"with its key and authority cannot be used: {reason}"}
            ) from exc
        return self

    def token(self) -> str | None:
        """Return the token that the services share, or None."""
        return self.service_token.get_secret_value() if self.service_token else None

    def credentials(self) -> Credentials | None:
        """Return the certificate and the trusted authority for other services; None without TLS."""
        if not (self.tls_certificate_file and self.tls_key_file and self.tls_ca_file):
            return None
        return Credentials(CredentialFiles(self.tls_certificate_file, self.tls_key_file, self.tls_ca_file))


class StoreSettings(SharedSettings):
    """The settings of the services that read prices."""

    s3_bucket: str = Field(default="stockcast", description="the bucket of the price CSVs")
    s3_checksums: Literal["on", "off"] = Field(
        default="on", description="off: puts without a checksum, for a store that refuses them"
    )

    @property
    def sends_checksums(self) -> bool:
        """Whether puts carry a checksum."""
        return self.s3_checksums == "on"
