"""Builds the forecast service from its settings, and runs it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from common.domain.kinds import CostClass
from common.redis.client.connections import make_redis_client
from common.redis.leases import LeaseKeeper
from common.redis.stores import RedisStores
from common.rpc.tcp import OrderServer
from common.runtime.logs import log_to_stdout
from common.runtime.settings_loading import load_settings
from common.runtime.tracing.spans import start_tracing
from common.s3.objects import PriceObjects, make_s3_client
from common.service.readiness import CachedCheck, RedisReadiness
from common.service.serving import Addresses, Probes, serve
from forecast_service.service import ForecastOrderHandler
from forecast_service.settings import ForecastSettings
from forecast_service.user_models.entry_points import user_models
from forecast_service.workers.pool import WorkerPool

EXIT_FOLDER_LOST = 71
"""The exit status after the temporary folder of the service was removed."""


async def serve_forecasts(settings: ForecastSettings) -> int:
    """Run the service until a signal stops it, or no worker can be started; return the exit status."""
    status = 0

    def end_process() -> None:
        nonlocal status
        status = EXIT_FOLDER_LOST
        os.kill(os.getpid(), signal.SIGTERM)  # a SIGTERM lets running tasks finish

    redis = make_redis_client(settings.redis_url)
    stores, readiness = RedisStores.of(redis), RedisReadiness(redis)
    store = PriceObjects(make_s3_client(connections=1, checksums=settings.sends_checksums), settings.s3_bucket)
    quick = WorkerPool(settings.s3_bucket, settings.workers, end_process)
    # Both pools share one fork server: without it, one of them ends the process. A second signal would force the exit.
    long = WorkerPool(settings.s3_bucket, max(quick.size // 2, 1), cost=CostClass.LONG)
    pools = {CostClass.QUICK: quick, CostClass.LONG: long}
    leases = LeaseKeeper(stores.attempts)
    service = ForecastOrderHandler(stores, leases, pools, sorted(user_models()))
    for pool in pools.values():
        pool.start()
    leases.start()
    service.capacity.start()
    await serve(
        "forecast_service",
        OrderServer(service.take),
        Addresses(
            settings.listen_address.with_security(settings.credentials(), settings.token()),
            settings.health_address,
            settings.allowed_hosts,
        ),
        Probes(
            {
                "redis": readiness.check,
                "object_store": CachedCheck(store.ping),
                "workers": pools[CostClass.QUICK].check,
                "room": service.check_capacity,
            },
            [leases.loop, service.capacity, *(pool.loop for pool in pools.values())],
        ),
        drain=service.drain,
    )
    await service.capacity.stop()
    leases.stop()
    for pool in pools.values():
        await pool.stop()
    return status


def main() -> None:
    """Run the service with the settings of the environment."""
    settings = load_settings(ForecastSettings)
    log_to_stdout("forecast_service", settings.log_level, settings.log_format)
    start_tracing("forecast_service")
    sys.exit(asyncio.run(serve_forecasts(settings)))
