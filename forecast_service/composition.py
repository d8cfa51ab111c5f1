"""Reads the settings, builds the edges of the forecast service, hands them in."""

from __future__ import annotations

import asyncio

from common.leases import LeaseKeeper
from common.logs import log_to_stdout
from common.objects import PriceObjects, s3_client
from common.readiness import RedisReadiness
from common.records import Records, connected
from common.serving import Addresses, Probed, serve
from common.settings import loaded
from common.tcp import OrderServer
from forecast_service.pool import WorkerPool
from forecast_service.service import ForecastService
from forecast_service.settings import ForecastSettings


async def serve_forecasts(settings: ForecastSettings) -> None:
    """Run the service until it is told to stop."""
    redis = connected(settings.redis_url)
    records, readiness = Records(redis), RedisReadiness(redis)
    store = PriceObjects(s3_client(connections=1, checksums=settings.sends_checksums), settings.s3_bucket)
    pool = WorkerPool(settings.s3_bucket, settings.workers)
    leases = LeaseKeeper(records)
    service = ForecastService(records, leases, pool)
    pool.start()
    leases.start()
    service.capacity.start()
    await serve(
        "forecast_service",
        OrderServer(service.take),
        Addresses(settings.listen_address.secured(settings.credentials()), settings.health_address),
        Probed(
            {"redis": readiness.check, "object_store": store.ping, "workers": pool.check, "room": service.check_room},
            [leases.loop, service.capacity, pool.loop],
        ),
        drain=service.drain,
    )
    await service.capacity.stop()
    leases.stop()
    await pool.stop()


def main() -> None:
    """Run the service with the settings of the environment."""
    settings = loaded(ForecastSettings)
    log_to_stdout("forecast_service", settings.log_level, settings.log_format)
    asyncio.run(serve_forecasts(settings))
