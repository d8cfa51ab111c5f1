"""The ingestion service's settings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from common.redis.rate_windows import Window
from common.rpc.addresses import Address
from common.service.settings import AddressSetting, StoreSettings
from ingestion_service.providers import alphavantage, finnhub, nasdaq, tiingo, twelvedata
from ingestion_service.providers.registry import KEYED

_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_BUDGET = re.compile(r"\A([a-z]+)=([1-9][0-9]{0,8})/(second|minute|hour|day)\Z")
Budgets = dict[str, tuple[Window, ...]]


@dataclass(frozen=True)
class ProviderAccess:
    """The access to a provider: its base address, its comma-separated keys, and the name of the keys' setting."""

    url: str
    keys: SecretStr | None
    setting: str


def _split_names(value: object) -> object:
    return tuple(name.strip().lower() for name in value.split(",") if name.strip()) if isinstance(value, str) else value


def _parse_budgets(value: object) -> object:
    """Parse a text such as ``twelvedata=55/minute,twelvedata=1000/day``."""
    if not isinstance(value, str):
        return value
    budgets: Budgets = {}
    for part in value.lower().split(","):
        found = _BUDGET.match(part.strip())
        if found is None:
            raise ValueError("each budget is a source, a number and a unit, such as twelvedata=55/minute")
        source, calls, unit = found.groups()
        budgets[source] = (*budgets.get(source, ()), Window(int(calls), _UNITS[unit]))
    return budgets


class IngestionSettings(StoreSettings):
    """Environment variables of the same names in upper case."""

    listen_address: AddressSetting = Field(default=Address("127.0.0.1", 6001), description="where it takes orders")
    health_address: AddressSetting = Field(default=Address("127.0.0.1", 8081), description="where it answers probes")
    forecast_address: AddressSetting = Field(
        default=Address("127.0.0.1", 6002), description="where the forecast service listens"
    )
    providers: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_names)] = Field(
        default=(), description="price sources in the order in which they are asked"
    )
    provider_budgets: Annotated[Budgets, NoDecode, BeforeValidator(_parse_budgets)] = Field(
        default={}, description="what may be asked of a source with one key, where that is not a free one"
    )
    fresh_for_days: float = Field(default=1.0, gt=0, le=365, description="how long fetched prices count as fresh")
    tiingo_api_key: SecretStr | None = Field(default=None, description="a key for Tiingo")
    tiingo_url: str = Field(default=tiingo.DEFAULT_URL, description="Tiingo's base address")
    twelve_data_api_key: SecretStr | None = Field(default=None, description="a key for Twelve Data, or several")
    twelve_data_url: str = Field(default=twelvedata.DEFAULT_URL, description="Twelve Data's base address")
    finnhub_api_key: SecretStr | None = Field(default=None, description="a key for Finnhub")
    finnhub_url: str = Field(default=finnhub.DEFAULT_URL, description="Finnhub's base address")
    alpha_vantage_api_key: SecretStr | None = Field(default=None, description="a key for Alpha Vantage")
    alpha_vantage_url: str = Field(default=alphavantage.DEFAULT_URL, description="Alpha Vantage's base address")
    nasdaq_data_link_api_key: SecretStr | None = Field(default=None, description="a key for Nasdaq Data Link")
    nasdaq_data_link_url: str = Field(default=nasdaq.DEFAULT_URL, description="Nasdaq Data Link's base address")
    yahoo_url: str | None = Field(default=None, description="what to ask in the place of Yahoo's hosts")

    sec_contact: str | None = Field(
        default=None, max_length=200, description="a name and a mail address, which the SEC asks every caller for"
    )
    sec_url: str = Field(default="https://www.sec.gov", description="where the SEC's list of tickers is")
    sec_data_url: str = Field(default="https://data.sec.gov", description="where the SEC's data on companies are")
    company_fresh_for_days: float = Field(
        default=1.0, gt=0, le=365, description="how long the facts about a company count as fresh"
    )

    @field_validator("sec_contact")
    @classmethod
    def _check_contact(cls, contact: str | None) -> str | None:
        """Return a contact that fits into a header; None for an empty one."""
        text = (contact or "").strip()
        if text and not ("@" in text and text.isascii() and text.isprintable()):
            raise ValueError("a contact is a name and a mail address in ASCII, such as Ann Lee ann@example.com")
        return text or None

    @property
    def access(self) -> dict[str, ProviderAccess]:
        """The access to each provider that needs a key."""
        return {
            "tiingo": ProviderAccess(self.tiingo_url, self.tiingo_api_key, "TIINGO_API_KEY"),
            "twelvedata": ProviderAccess(self.twelve_data_url, self.twelve_data_api_key, "TWELVE_DATA_API_KEY"),
            "finnhub": ProviderAccess(self.finnhub_url, self.finnhub_api_key, "FINNHUB_API_KEY"),
            "alphavantage": ProviderAccess(self.alpha_vantage_url, self.alpha_vantage_api_key, "ALPHA_VANTAGE_API_KEY"),
            "nasdaq": ProviderAccess(
                self.nasdaq_data_link_url, self.nasdaq_data_link_api_key, "NASDAQ_DATA_LINK_API_KEY"
            ),
        }

    @property
    def provider_order(self) -> tuple[str, ...]:
        """The providers in the order of calls: the setting, else those with a key, then Yahoo and the sample."""
        access = self.access
        return self.providers or (*(name for name in KEYED if access[name].keys), "yahoo", "sample")
