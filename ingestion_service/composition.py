"""Builds the edges of the ingestion service from its settings, for the service and for the refresh command."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from common.domain.questions import Interval
from common.redis.client.connections import connected
from common.redis.source_limits import Limits
from common.redis.stores import RedisStores
from common.s3.price_store import PriceStore, s3_client
from common.service.readiness import RedisReadiness
from ingestion_service.build_providers import built_sources
from ingestion_service.intraday.keeper import IntradayKeeper
from ingestion_service.intraday.sources import IntradaySource, built_intraday
from ingestion_service.prices.keeper import PROVIDER_TIMEOUT_S, PriceKeeper
from ingestion_service.prices.renewal import LOOK_AGAIN_AFTER
from ingestion_service.providers.access.concurrency_limit import AT_WORK, ConcurrencyLimit
from ingestion_service.providers.base import Provider
from ingestion_service.settings import IngestionSettings


@dataclass(frozen=True)
class Ingestion:
    """What everything in this service works with; nothing is connected until it is used.

    ``prices`` looks for newer ones where they are no longer fresh, ``newest_prices`` whenever it is asked.
    """

    stores: RedisStores
    redis_readiness: RedisReadiness
    store: PriceStore
    prices: PriceKeeper
    newest_prices: PriceKeeper
    intraday: IntradayKeeper


def composed(settings: IngestionSettings, *, calls_at_once: int | None = None) -> Ingestion:
    """Build the edges and hand them in; each source is asked ``calls_at_once`` times at once at the most.

    Raises:
        SystemExit: a setting of a price source is wrong; the message says which, without its value.
    """
    redis = connected(settings.redis_url)
    stores = RedisStores.of(redis)
    store = PriceStore(s3_client(checksums=settings.sends_checksums), settings.s3_bucket)
    providers, intraday_sources = _sources(settings, Limits(redis))
    provider_s = PROVIDER_TIMEOUT_S
    if calls_at_once is not None:
        providers = [ConcurrencyLimit(provider, calls_at_once, PROVIDER_TIMEOUT_S) for provider in providers]
        provider_s *= AT_WORK
    prices = PriceKeeper(stores, store, providers, timedelta(days=settings.fresh_for_days), provider_s)
    newest_prices = PriceKeeper(stores, store, providers, LOOK_AGAIN_AFTER, provider_s)
    return Ingestion(
        stores,
        RedisReadiness(redis),
        store,
        prices,
        newest_prices,
        IntradayKeeper(stores, store.objects, intraday_sources),
    )


def _sources(
    settings: IngestionSettings, limits: Limits
) -> tuple[Sequence[Provider], Mapping[Interval, IntradaySource]]:
    try:
        return built_sources(settings, limits), built_intraday(settings, limits)
    except ValueError as exc:
        print(f"setting {exc}", file=sys.stderr)
        raise SystemExit(2) from exc
