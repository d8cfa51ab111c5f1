"""Reads the settings, builds what the ingestion service is made of, and has it serve."""

from __future__ import annotations

import asyncio

from common.redis.leases import LeaseKeeper
from common.rpc.tcp import OrderServer
from common.runtime.logs import log_to_stdout
from common.service.readiness import StoreReadiness
from common.service.serving import Addresses, Probed, serve
from common.service.settings import loaded
from ingestion_service.composition import composed
from ingestion_service.prices.commands import Tracking
from ingestion_service.service import IngestionService
from ingestion_service.settings import IngestionSettings


async def serve_orders(settings: IngestionSettings) -> None:
    """Run the service until it is told to stop."""
    edges = composed(settings)
    leases = LeaseKeeper(edges.stores.attempts)
    tracking = Tracking(edges.stores, edges.store, edges.prices, edges.newest_prices)
    credentials = settings.credentials()
    forecast = settings.forecast_address.secured(credentials, settings.token())
    service = IngestionService(edges.stores.attempts, leases, edges.prices, tracking, forecast)
    store = StoreReadiness(edges.store.objects)
    store.loop.start()
    leases.start()
    service.recovery.start()

    async def drain() -> None:
        await service.recovery.stop()
        await service.drain()

    await serve(
        "ingestion_service",
        OrderServer(service.take, obey=service.obey),
        Addresses(
            settings.listen_address.secured(credentials, settings.token()),
            settings.health_address,
            settings.allowed_hosts,
        ),
        Probed(
            {"redis": edges.redis_readiness.check, "object_store": store.check, "room": service.check_capacity},
            [leases.loop, service.recovery, store.loop],
        ),
        drain=drain,
    )
    leases.stop()
    store.loop.stop()


def main() -> None:
    """Run the service with the settings of the environment."""
    settings = loaded(IngestionSettings)
    log_to_stdout("ingestion_service", settings.log_level, settings.log_format)
    asyncio.run(serve_orders(settings))
