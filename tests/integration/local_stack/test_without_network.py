"""The prices of a first forecast if no source can be reached."""

from __future__ import annotations

from datetime import timedelta

import pytest
import redis

from common.domain.errors import ProviderUnavailable, UnknownTicker
from common.redis.provider_limits import ProviderLimits
from ingestion_service.build_providers import build_providers
from ingestion_service.prices.keeper import PriceKeeper
from ingestion_service.settings import IngestionSettings


@pytest.fixture
def keeper_of(redis_url, redis_stores, store, monkeypatch):
    monkeypatch.delenv("PROVIDERS", raising=False)
    with redis.Redis.from_url(redis_url) as connection:

        def make(**environment):
            sources = build_providers(IngestionSettings(**environment), ProviderLimits(connection))
            return PriceKeeper(redis_stores, store, sources, timedelta(days=1))

        yield make


NOWHERE = {"yahoo_url": "http://127.0.0.1:1", "tiingo_url": "http://no-such-host.invalid", "tiingo_api_key": "k"}


def test_sample_prices_are_used_without_a_network(keeper_of):
    assert keeper_of(**NOWHERE).ensure_fresh("AAPL", 30)


def test_other_tickers_are_unavailable_without_a_network(keeper_of):
    with pytest.raises(ProviderUnavailable):
        keeper_of(**NOWHERE).ensure_fresh("TSLA", 30)


def test_a_ticker_outside_the_sample_is_unknown_without_other_sources(keeper_of):
    with pytest.raises(UnknownTicker):
        keeper_of(providers="sample").ensure_fresh("TSLA", 30)
