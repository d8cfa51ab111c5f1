"""The entry point of the ingestion service: reads the settings, builds the service and serves."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from common.redis.leases import LeaseKeeper
from common.rpc.tcp import OrderServer
from common.runtime.logs import log_to_stdout
from common.runtime.settings_loading import load_settings
from common.runtime.tracing.spans import start_tracing
from common.service.readiness import StoreReadiness
from common.service.serving import Addresses, Probes, serve
from ingestion_service.composition import compose
from ingestion_service.fundamentals.commands import CompanyCommands
from ingestion_service.news.commands import NewsCommands
from ingestion_service.prices.commands import PriceCommands
from ingestion_service.service import IngestionService
from ingestion_service.settings import IngestionSettings
from ingestion_service.uploads.commands import UploadCommands
from ingestion_service.uploads.left_files import LeftFiles


async def serve_orders(settings: IngestionSettings) -> None:
    """Run the service until a signal stops it."""
    ingestion = compose(settings)
    leases = LeaseKeeper(ingestion.stores.attempts)
    prices = PriceCommands(ingestion.stores, ingestion.store, ingestion.prices, ingestion.newest_prices)
    fresh_for = timedelta(days=settings.fresh_for_days)
    uploads = UploadCommands(ingestion.stores, ingestion.store, ingestion.incoming, prices, fresh_for)
    commands = NewsCommands(ingestion.news, CompanyCommands(ingestion.companies, uploads))
    credentials = settings.credentials()
    forecast = settings.forecast_address.with_security(credentials, settings.token())
    service = IngestionService(ingestion.stores.attempts, leases, ingestion.prices, commands, forecast)
    store = StoreReadiness(ingestion.store.objects)
    left = LeftFiles(ingestion.incoming, ingestion.stores.clock.now)
    store.loop.start()
    left.loop.start()
    leases.start()
    service.recovery.start()

    async def drain() -> None:
        await service.recovery.stop()
        await service.drain()

    await serve(
        "ingestion_service",
        OrderServer(service.take, handle_command=service.handle_command),
        Addresses(
            settings.listen_address.with_security(credentials, settings.token()),
            settings.health_address,
            settings.allowed_hosts,
        ),
        Probes(
            {"redis": ingestion.redis_readiness.check, "object_store": store.check, "room": service.check_capacity},
            [leases.loop, service.recovery, store.loop, left.loop],
        ),
        drain=drain,
    )
    leases.stop()
    store.loop.stop()
    left.loop.stop()


def main() -> None:
    """Run the service with settings from the environment."""
    settings = load_settings(IngestionSettings)
    log_to_stdout("ingestion_service", settings.log_level, settings.log_format)
    start_tracing("ingestion_service")
    asyncio.run(serve_orders(settings))
