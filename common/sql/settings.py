"""The setting of the SQL store, for every program that uses it."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from common.sql.database_urls import DatabaseUrl


def _validate(value: SecretStr | None) -> SecretStr | None:
    if value is not None:
        DatabaseUrl.parse(value.get_secret_value())
    return value


class SqlSettings(BaseSettings):
    """The address of the SQL store."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    database_url: Annotated[SecretStr | None, AfterValidator(_validate)] = Field(
        default=None, description="The SQL store: sqlite:////path/to/file or postgresql://user:password@host/database."
    )

    def sql_address(self) -> DatabaseUrl | None:
        """Return the address of the SQL store, or None without one."""
        return DatabaseUrl.parse(self.database_url.get_secret_value()) if self.database_url else None
