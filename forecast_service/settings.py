"""The forecast service's settings."""

from __future__ import annotations

from pydantic import Field

from common.rpc.addresses import Address
from common.service.settings import AddressSetting, StoreSettings


class ForecastSettings(StoreSettings):
    """Environment variables of the same names in upper case."""

    listen_address: AddressSetting = Field(default=Address("127.0.0.1", 6002), description="where it takes orders")
    health_address: AddressSetting = Field(default=Address("127.0.0.1", 8082), description="where it answers probes")
    workers: int | None = Field(default=None, ge=1, le=256, description="how many worker processes; as many as cores")
