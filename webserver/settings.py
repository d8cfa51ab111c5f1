"""The web server's settings."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_settings import NoDecode

from common.redis.rate_windows import Window, parse_windows
from common.rpc.addresses import Address
from common.runtime.settings_loading import make_settings_error
from common.service.settings import AddressSetting, StoreSettings
from common.sql.settings import SqlSettings


def _rate(value: object) -> object:
    return parse_windows(value) if isinstance(value, str) else value


NO_ACCOUNTS = (
    "has to be set with AUTH=on, because accounts and tokens are kept there. Set it to "
    "postgresql://user:password@host/database or sqlite:////path/to/file and run python -m common.sql migrate, or set "
    "AUTH=open on a trusted network."
)
Rate = Annotated[tuple[Window, ...], NoDecode, BeforeValidator(_rate)]


_ANCESTOR = re.compile(
    r"'self'|https?:|(https?://)?(\*|(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(:(\d{1,5}|\*))?", re.IGNORECASE
)


def _check_ancestors(text: str) -> str:
    """Return the sources of a policy, separated by one space each."""
    sources = text.split()
    if sources == ["'none'"] or (sources and all(map(_ANCESTOR.fullmatch, sources))):
        return " ".join(sources)
    raise ValueError("the pages are *, 'none', 'self' or addresses such as https://*.example.com, separated by spaces")


Ancestors = Annotated[str, AfterValidator(_check_ancestors)]


class WebSettings(StoreSettings, SqlSettings):
    """Environment variables of the same names in upper case."""

    port: int = Field(default=5000, ge=1, le=65535, description="The port of the page and the API.")
    ingestion_address: AddressSetting = Field(
        default=Address("127.0.0.1", 6001), description="The address of the ingestion service."
    )
    request_deadline_s: float = Field(
        default=30.0, ge=1, le=3600, description="The seconds from the acceptance of a request to its deadline."
    )
    rate_limit_per_client: Rate = Field(
        default=parse_windows("6000/minute"), description="The limit on the requests of one client."
    )
    rate_limit: Rate = Field(
        default=parse_windows("60000/minute"), description="The limit on the requests of all clients together."
    )
    auth: Literal["off", "open", "on"] = Field(
        default="off",
        description="off: every caller may do everything; open: reading and forecasts are open; on: accounts.",
    )
    public_read: Literal["off", "on"] = Field(
        default="off", description="With AUTH=on, on lets everybody read prices and ask for forecasts."
    )
    public_embeds: Literal["off", "on"] | None = Field(
        default=None,
        description="on shows embedded charts and badges to everybody, off to nobody; by default on where everybody "
        "may ask for forecasts.",
    )
    embed_ancestors: Ancestors = Field(
        default="*", description="The pages that may show a chart in a frame, as frame-ancestors lists them."
    )
    embed_forecasts: Rate = Field(
        default=parse_windows("1200/hour"),
        description="The limit on the forecasts that views of charts and badges ask for, of all clients together.",
    )
    proxy_hops: int = Field(
        default=0, ge=0, le=5, description="The number of trusted proxies in front of the web server."
    )

    @model_validator(mode="after")
    def _require_accounts(self) -> Self:
        if self.auth == "on" and self.database_url is None:
            raise make_settings_error({"database_url": NO_ACCOUNTS})
        return self
