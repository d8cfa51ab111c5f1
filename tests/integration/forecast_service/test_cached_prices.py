"""The reads of prices by a worker process, and its cache."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from common.domain.companies.shares import Split
from common.domain.errors import Busy
from common.s3.price_store import PriceStore, make_s3_client
from forecast_service.calls.output import PricesGone
from forecast_service.workers import cached_prices
from forecast_service.workers.cached_prices import CachedPrices
from tests.integration.webserver.test_prices_api import series

NOW = datetime.now(UTC)


@pytest.fixture
def store(s3_bucket):
    """The worker's store; ``asked`` lists its calls of S3."""
    client = make_s3_client()
    store = PriceStore(client, s3_bucket)
    store.asked = []
    client.meta.events.register("before-call.s3", lambda model, **_: store.asked.append(model.name))
    store.cached = CachedPrices(store)
    yield store
    client.close()


def asked_for(store, ticker="AAPL", expected=None):
    """Return the prices that a task gets, and the calls of S3 for them."""
    store.asked.clear()
    return store.cached.read(ticker, expected), list(store.asked)


def test_prices_are_read_once_a_version_and_checked_for_every_task_without_an_expected_one(store):
    first = store.write(series(), fetched_at=NOW - timedelta(days=1), replacing=None)
    whole, asked = asked_for(store)
    assert (whole.facts.version, asked) == (first.version, ["GetObject"])

    same = store.write(series(), fetched_at=NOW, replacing=first)
    again, asked = asked_for(store)
    assert (again.facts.etag, again.facts.fetched_at, asked) == (same.etag, NOW.replace(microsecond=0), ["HeadObject"])
    assert again.series.frame is whole.series.frame

    other = store.write(series(price=5.0), fetched_at=NOW, replacing=same)
    newer, asked = asked_for(store)
    assert (newer.facts.version, asked) == (other.version, ["HeadObject", "GetObject"])
    assert len(newer.series) == len(whole.series)


def test_prices_of_the_expected_revision_need_no_call_of_s3_for_a_minute(store, monkeypatch):
    first = store.write(series(), fetched_at=NOW - timedelta(days=1), replacing=None)
    assert asked_for(store, expected=first.revision)[1] == ["GetObject"]
    assert asked_for(store, expected=first.revision)[1] == []
    same = store.write(series(), fetched_at=NOW, replacing=first)
    monkeypatch.setattr(cached_prices, "UNCHECKED_S", 0.0)
    again, asked = asked_for(store, expected=same.revision)
    assert (again.facts.fetched_at, asked) == (NOW.replace(microsecond=0), ["HeadObject"])


def test_cached_prices_of_another_revision_than_the_expected_one_are_checked(store):
    first = store.write(series(), fetched_at=NOW, replacing=None)
    asked_for(store, expected=first.revision)
    other = store.write(replace(series(), flags=("a jump on 2026-01-02",)), fetched_at=NOW, replacing=first)
    assert other.revision != first.revision
    newer, asked = asked_for(store, expected=other.revision)
    assert (newer.facts.revision, asked) == (other.revision, ["HeadObject"])


def test_newer_flags_of_the_same_prices_replace_the_older_ones(store):
    plain = series()
    first = store.write(plain, fetched_at=NOW - timedelta(days=1), replacing=None)
    assert asked_for(store)[0].series.flags == ()
    flagged = replace(plain, flags=("looks like a split on 2026-01-02",), dropped=3)
    store.write(flagged, fetched_at=NOW, replacing=first)
    stored, asked = asked_for(store)
    assert (stored.series.flags, stored.series.dropped, asked) == (flagged.flags, 3, ["HeadObject"])


def test_the_newest_currency_source_and_splits_of_the_same_prices_replace_the_older_ones(store):
    plain = series()
    first = store.write(plain, fetched_at=NOW, replacing=None)
    asked_for(store)
    other = replace(plain, currency="EUR", source="upload", splits=(Split(NOW.date(), 4.0),))
    store.write(other, fetched_at=NOW, replacing=first)
    stored, asked = asked_for(store)
    assert asked == ["HeadObject"]
    newest = stored.series
    assert (newest.currency, newest.source, newest.splits) == (other.currency, other.source, other.splits)


def test_a_check_that_s3_refuses_leaves_the_cached_prices(store, monkeypatch):
    first = store.write(series(), fetched_at=NOW, replacing=None)
    asked_for(store)

    def refuse(_ticker):
        raise Busy

    monkeypatch.setattr(store, "read_facts", refuse)
    with pytest.raises(Busy):
        asked_for(store)
    assert asked_for(store, expected=first.revision)[1] == []


def test_cached_prices_that_were_removed_are_gone(store):
    store.write(series(), fetched_at=NOW, replacing=None)
    asked_for(store)
    store.objects.remove("AAPL")
    for _ in range(2):
        with pytest.raises(PricesGone):
            asked_for(store)


def test_cache_keeps_the_most_recently_used_tickers(store, monkeypatch):
    monkeypatch.setattr(cached_prices, "CACHED_SERIES", 2)
    for ticker in ("A", "B", "C"):
        store.write(series(ticker), fetched_at=NOW, replacing=None)
    reads = [asked_for(store, ticker)[1] == ["GetObject"] for ticker in ("A", "B", "A", "C", "A", "B")]
    assert reads == [True, True, False, True, False, True]
