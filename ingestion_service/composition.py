"""Builds the clients and keepers of the ingestion service from its settings."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from common.domain.companies.document import SEC
from common.domain.questions import Interval
from common.redis.client.connections import make_redis_client
from common.redis.provider_limits import ProviderLimits
from common.redis.stores import RedisStores
from common.s3.company_objects import CompanyObjects
from common.s3.incoming import IncomingFiles
from common.s3.price_store import PriceStore, make_s3_client
from common.service.readiness import RedisReadiness
from ingestion_service.build_providers import build_providers
from ingestion_service.fundamentals.keeper import CompanyKeeper
from ingestion_service.fundamentals.sec_client import SecAccess, SecClient
from ingestion_service.fundamentals.ticker_table import TickerTable
from ingestion_service.intraday.keeper import IntradayKeeper
from ingestion_service.intraday.providers import IntradayProvider, build_intraday_providers
from ingestion_service.news.keeper import NewsKeeper
from ingestion_service.news.sources import NewsSource, build_news_sources
from ingestion_service.prices.keeper import PROVIDER_TIMEOUT_S, PriceKeeper
from ingestion_service.prices.renewal import REFRESH_AGAIN_AFTER
from ingestion_service.providers.access.concurrency_limit import TICKERS_PER_CALL, ConcurrencyLimit
from ingestion_service.providers.access.guard import FREE_BUDGETS
from ingestion_service.providers.base import Provider
from ingestion_service.settings import IngestionSettings


@dataclass(frozen=True)
class Ingestion:
    """The components that the service and the refresh command use. They connect at their first use.

    Args:
        stores: the stores in Redis.
        redis_readiness: the readiness check of Redis.
        store: the daily prices in S3.
        prices: fetches newer prices when the stored ones are no longer fresh.
        newest_prices: fetches newer prices at every call, except within minutes of the last one.
        intraday: the prices within the day.
        incoming: the uploaded files in S3.
        companies: the facts about companies.
        news: the headlines in Redis.
    """

    stores: RedisStores
    redis_readiness: RedisReadiness
    store: PriceStore
    prices: PriceKeeper
    newest_prices: PriceKeeper
    intraday: IntradayKeeper
    incoming: IncomingFiles
    companies: CompanyKeeper
    news: NewsKeeper


def compose(
    settings: IngestionSettings, *, calls_at_once: int | None = None, pause: Callable[[float], object] = time.sleep
) -> Ingestion:
    """Build the components; nothing connects yet.

    Args:
        settings: the service's settings.
        calls_at_once: the most concurrent calls of each provider; None sets no limit.
        pause: waits for a number of seconds until a provider's budget is renewed, or less if the program ends.

    Raises:
        SystemExit: a setting of a provider is wrong. The message names it, without its value.
    """
    redis = make_redis_client(settings.redis_url)
    stores = RedisStores.of(redis)
    s3 = make_s3_client(checksums=settings.sends_checksums)
    store = PriceStore(s3, settings.s3_bucket)
    limits = ProviderLimits(redis)
    providers, intraday_providers, news_sources = _build_providers(settings, limits, pause)
    provider_s = PROVIDER_TIMEOUT_S
    if calls_at_once is not None:
        providers = [ConcurrencyLimit(provider, calls_at_once, PROVIDER_TIMEOUT_S) for provider in providers]
        provider_s *= TICKERS_PER_CALL
    prices = PriceKeeper(stores, store, providers, timedelta(days=settings.fresh_for_days), provider_s)
    newest_prices = PriceKeeper(stores, store, providers, REFRESH_AGAIN_AFTER, provider_s)
    return Ingestion(
        stores,
        RedisReadiness(redis),
        store,
        prices,
        newest_prices,
        IntradayKeeper(stores, store.objects, intraday_providers),
        IncomingFiles(s3, settings.s3_bucket),
        _build_companies(settings, stores, CompanyObjects(s3, settings.s3_bucket), limits),
        NewsKeeper(stores, store, news_sources),
    )


def _build_companies(
    settings: IngestionSettings, stores: RedisStores, objects: CompanyObjects, limits: ProviderLimits
) -> CompanyKeeper:
    budget = settings.provider_budgets.get(SEC, FREE_BUDGETS[SEC])
    sec = SecClient(SecAccess(settings.sec_contact, settings.sec_url, settings.sec_data_url, budget), limits)
    fresh_for = timedelta(days=settings.company_fresh_for_days)
    return CompanyKeeper(stores, objects, sec, TickerTable(sec.ticker_table), fresh_for)


def _build_providers(
    settings: IngestionSettings, limits: ProviderLimits, pause: Callable[[float], object]
) -> tuple[Sequence[Provider], Mapping[Interval, IntradayProvider], Sequence[NewsSource]]:
    try:
        return (
            build_providers(settings, limits),
            build_intraday_providers(settings, limits, pause),
            build_news_sources(settings, limits),
        )
    except ValueError as exc:
        print(f"setting {exc}", file=sys.stderr)
        raise SystemExit(2) from exc
