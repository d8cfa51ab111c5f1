"""The freshness of prices with a real Redis, a real S3 and fake providers."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
import redis

from common.domain.errors import Busy, ImplausiblePrices, ProviderUnavailable, TooLittleData, UnknownTicker
from common.domain.prices import COLUMNS, CorruptPrices, PriceSeries
from common.redis.client.failures import RedisAway
from common.redis.stores import RedisStores
from common.s3.price_store import ObjectChanged, PriceStore, make_s3_client
from ingestion_service.prices.keeper import PriceKeeper

NOW = datetime.now(UTC)
LAST = (NOW - timedelta(days=3)).date()  # a day that is over, and not long ago
KEY = "prices/daily/AAPL.csv"
PATIENCE_S = 100
"""Seconds; only a test that hangs takes longer, even on a busy machine."""


def series(source="tiingo", rows=100, price=100.0, ends=None):
    days = pd.bdate_range(end=ends or LAST, periods=rows, name="date")
    closes = price + np.arange(float(rows))
    return PriceSeries("AAPL", source, "USD", pd.DataFrame(dict.fromkeys(COLUMNS, closes), index=days))


class FakeProvider:
    """A provider with a given result that counts its calls."""

    def __init__(self, answer, name="tiingo"):
        self.name = name
        self.answer = answer
        self.asked = 0
        self.since = []

    def fetch(self, ticker, *, since, timeout_s):
        self.asked += 1
        self.since.append(since)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def keeper(redis_stores, store, *sources, fresh_for=timedelta(days=1)):
    return PriceKeeper(redis_stores, store, sources, fresh_for)


def forget_pointer(redis_stores):
    redis_stores.price_notes._redis.delete("prices:AAPL")


def test_prices_are_fetched_once_and_then_fresh(redis_stores, store):
    source = FakeProvider(series())
    prices = keeper(redis_stores, store, source)
    version = prices.ensure_fresh("AAPL", PATIENCE_S)
    assert prices.ensure_fresh("AAPL", PATIENCE_S) == version
    forget_pointer(redis_stores)
    assert prices.ensure_fresh("AAPL", PATIENCE_S) == version
    assert source.asked == 1
    stored = store.read("AAPL")
    assert (stored.facts.version, stored.facts.source, len(stored.series)) == (version, "tiingo", 100)


def test_an_outage_of_redis_is_not_a_failure_of_the_called_provider(redis_stores, store):
    next_one = FakeProvider(series("yahoo"), "yahoo")
    with pytest.raises(RedisAway):
        keeper(redis_stores, store, FakeProvider(RedisAway()), next_one).ensure_fresh("AAPL", PATIENCE_S)
    assert next_one.asked == 0


def stored_days_ago(store, prices, days=2):
    return store.write(prices, fetched_at=NOW - timedelta(days=days), replacing=None).version


def longer(prices, rows=2):
    """Return the same series with further days."""
    days = pd.bdate_range(prices.frame.index[-1], periods=rows + 1)[1:]
    more = pd.DataFrame(dict.fromkeys(COLUMNS, 200.0 + np.arange(rows)), index=days)
    return replace(prices, frame=pd.concat([prices.frame, more]).rename_axis("date"))


EARLIER = (NOW - timedelta(days=8)).date()


def test_only_the_end_of_prices_that_are_no_longer_fresh_is_fetched(redis_stores, store):
    before = series(ends=EARLIER)
    stored_days_ago(store, before)
    source = FakeProvider(longer(before))
    keeper(redis_stores, store, source).ensure_fresh("AAPL", PATIENCE_S)
    assert source.since == [before.last - timedelta(days=21)]
    after = store.read("AAPL")
    assert (len(after.series), after.facts.fetched_at > NOW - timedelta(days=1)) == (102, True)


def test_prices_that_did_not_change_are_fresh_again(redis_stores, store):
    version = stored_days_ago(store, series())
    assert keeper(redis_stores, store, FakeProvider(series())).ensure_fresh("AAPL", PATIENCE_S) == version
    assert store.read_facts("AAPL").fetched_at > NOW - timedelta(days=1)


def test_after_a_split_the_whole_history_is_fetched(redis_stores, store):
    stored_days_ago(store, series())
    halved = replace(series(), frame=series().frame / 2)
    source = FakeProvider(halved)
    keeper(redis_stores, store, source).ensure_fresh("AAPL", PATIENCE_S)
    assert len(source.since) == 2
    assert source.since[1] < NOW.date() - timedelta(days=3650)
    assert store.read("AAPL").series.frame["close"].iloc[0] == 50.0


def worse(kind):
    frame = series().frame.copy()
    if kind == "another currency":
        return replace(series(), currency="GBp", frame=frame * 100)
    if kind == "contradicts":
        frame.iloc[:50] *= 1.5
        frame.iloc[-9:] *= 1.01
        return replace(series(), frame=frame)
    return replace(series(), frame=frame.iloc[40:] * 1.01)


@pytest.mark.parametrize("kind", ["contradicts", "lost history", "another currency"])
def test_a_worse_series_is_quarantined_and_the_stored_one_served(redis_stores, store, s3, s3_bucket, kind):
    version = stored_days_ago(store, series())
    revision = keeper(redis_stores, store, FakeProvider(worse(kind))).ensure_fresh("AAPL", PATIENCE_S)
    stored = store.read("AAPL").facts
    assert (stored.version, stored.revision) == (version, revision)
    (aside,) = s3.list_objects_v2(Bucket=s3_bucket, Prefix="quarantine/")["Contents"]
    assert re.fullmatch(r"quarantine/prices/daily/AAPL/[0-9a-f]{64}\.csv", aside["Key"])
    body = s3.get_object(Bucket=s3_bucket, Key=aside["Key"])["Body"].read()
    assert body == worse(kind).to_csv()
    assert 0 < redis_stores.price_notes._redis.pttl("prices:AAPL") <= 15 * 60 * 1000


def test_the_same_worse_series_is_quarantined_once(redis_stores, store, s3, s3_bucket):
    stored_days_ago(store, series())
    for _ in range(3):
        keeper(redis_stores, store, FakeProvider(worse("contradicts"))).ensure_fresh("AAPL", PATIENCE_S)
        forget_pointer(redis_stores)
    assert s3.list_objects_v2(Bucket=s3_bucket, Prefix="quarantine/")["KeyCount"] == 1


def test_a_good_history_is_not_replaced_by_one_that_ends_100_times_too_high(redis_stores, store):
    version = stored_days_ago(store, series(rows=2500))
    frame = series(rows=2500).frame.copy()
    frame.iloc[-40:] *= 100
    keeper(redis_stores, store, FakeProvider(replace(series(), frame=frame))).ensure_fresh("AAPL", PATIENCE_S)
    assert store.read_facts("AAPL").version == version


def test_another_provider_with_one_day_a_week_does_not_replace_the_stored_series(redis_stores, store):
    before = series(rows=2500, ends=EARLIER)
    version = stored_days_ago(store, before)
    weekly = replace(series("yahoo", rows=2505), frame=series("yahoo", rows=2505, price=95.0).frame.iloc[::-5][::-1])
    keeper(redis_stores, store, FakeProvider(weekly, "yahoo")).ensure_fresh("AAPL", PATIENCE_S)
    assert store.read_facts("AAPL").version == version


def test_a_removal_during_the_fetch_is_a_changed_object(store):
    store.write(series(), fetched_at=NOW, replacing=None)
    facts = store.read_facts("AAPL")
    store.objects.remove("AAPL")
    with pytest.raises(ObjectChanged):
        store.write(series(), fetched_at=NOW, replacing=facts)


def test_another_provider_that_ends_later_replaces_the_whole_stored_series(redis_stores, store):
    before = series(ends=EARLIER)
    stored_days_ago(store, before)
    keeper(redis_stores, store, FakeProvider(replace(longer(before), source="yahoo"), "yahoo")).ensure_fresh(
        "AAPL", PATIENCE_S
    )
    after = store.read("AAPL").series
    assert (after.source, len(after)) == ("yahoo", 102)


@pytest.mark.parametrize("other", [series("yahoo"), series("yahoo", rows=70, ends=LAST)])
def test_another_provider_that_ends_no_later_or_is_shorter_does_not_replace_the_stored_series(
    redis_stores, store, other
):
    version = stored_days_ago(store, series(ends=LAST if len(other) == 100 else EARLIER))
    assert keeper(redis_stores, store, FakeProvider(other, "yahoo")).ensure_fresh("AAPL", PATIENCE_S) == version
    assert store.read_facts("AAPL").source == "tiingo"


def test_the_newest_of_several_stale_series_is_used_and_real_ones_before_the_sample(redis_stores, store):
    old = [
        FakeProvider(series("nasdaq", ends="2018-03-27"), "nasdaq"),
        FakeProvider(series("yahoo", ends="2019-03-27"), "yahoo"),
        FakeProvider(series("sample", ends="2020-03-27"), "sample"),
    ]
    keeper(redis_stores, store, *old).ensure_fresh("AAPL", PATIENCE_S)
    assert store.read_facts("AAPL").source == "yahoo"


OLD = series("nasdaq", ends="2018-03-27")


def test_stale_prices_are_refreshed_soon_if_a_provider_failed(redis_stores, store):
    newer = FakeProvider(ProviderUnavailable(), "yahoo")
    prices = keeper(redis_stores, store, FakeProvider(OLD, "nasdaq"), newer)
    prices.ensure_fresh("AAPL", PATIENCE_S)
    assert 0 < redis_stores.price_notes._redis.pttl("prices:AAPL") <= 15 * 60 * 1000
    stored = store.read_facts("AAPL")
    store.objects.write("AAPL", OLD.to_csv(), replace(stored, fetched_at=NOW - timedelta(minutes=16)), replacing=stored)
    forget_pointer(redis_stores)
    newer.answer = replace(series(), source="yahoo", frame=pd.concat([OLD.frame, series().frame]))
    prices.ensure_fresh("AAPL", PATIENCE_S)
    assert store.read_facts("AAPL").source == "yahoo"


def test_stale_prices_stay_fresh_for_the_usual_time_if_every_provider_responded(redis_stores, store):
    unknowing = FakeProvider(UnknownTicker(), "yahoo")
    keeper(redis_stores, store, FakeProvider(OLD, "nasdaq"), unknowing).ensure_fresh("AAPL", PATIENCE_S)
    assert redis_stores.price_notes._redis.pttl("prices:AAPL") > 23 * 3600 * 1000


def test_stale_prices_that_were_fetched_a_moment_ago_are_not_fetched_again(redis_stores, store):
    source = FakeProvider(OLD, "nasdaq")
    prices = keeper(redis_stores, store, source)
    prices.ensure_fresh("AAPL", PATIENCE_S)
    forget_pointer(redis_stores)
    prices.ensure_fresh("AAPL", PATIENCE_S)
    assert source.asked == 1


def test_an_up_to_date_provider_is_preferred_to_a_stale_one(redis_stores, store):
    keeper(
        redis_stores, store, FakeProvider(series("nasdaq", ends="2018-03-27"), "nasdaq"), FakeProvider(series())
    ).ensure_fresh("AAPL", PATIENCE_S)
    assert store.read_facts("AAPL").source == "tiingo"


def test_dropped_rows_and_flags_are_stored_with_the_series(redis_stores, store):
    frame = series().frame.copy()
    frame.iloc[7] = np.nan
    frame.iloc[:3] *= 2
    keeper(redis_stores, store, FakeProvider(replace(series(), frame=frame, flags=("no dividends",)))).ensure_fresh(
        "AAPL", PATIENCE_S
    )
    facts = store.read_facts("AAPL")
    assert facts.dropped == 1
    assert facts.flags == ("no dividends", f"looks like a split on {frame.index[3]:%Y-%m-%d}")
    assert store.read("AAPL").series.flags == facts.flags


def test_two_replicas_call_the_provider_once(redis_stores, store, redis_url):
    source = FakeProvider(series())
    with redis.Redis.from_url(redis_url) as other, ThreadPoolExecutor(2) as threads:
        replicas = [keeper(redis_stores, store, source), keeper(RedisStores.of(other), store, source)]
        versions = set(threads.map(lambda prices: prices.ensure_fresh("AAPL", PATIENCE_S), replicas))
    assert (len(versions), source.asked) == (1, 1)


@pytest.mark.parametrize("answer", [UnknownTicker("Nobody knows it."), series(rows=59)])
def test_two_replicas_call_the_provider_once_for_a_ticker_without_prices(redis_stores, store, redis_url, answer):
    source = FakeProvider(answer)
    with redis.Redis.from_url(redis_url) as other, ThreadPoolExecutor(8) as threads:
        replicas = [keeper(redis_stores, store, source), keeper(RedisStores.of(other), store, source)] * 4
        failures = [threads.submit(prices.ensure_fresh, "AAPL", PATIENCE_S).exception() for prices in replicas]
    assert source.asked == 1
    assert len({(type(failure), failure.detail) for failure in failures}) == 1
    assert isinstance(failures[0], UnknownTicker | TooLittleData)


def test_a_ticker_that_had_no_prices_is_looked_up_again_soon(redis_stores, store):
    source = FakeProvider(UnknownTicker())
    prices = keeper(redis_stores, store, source)
    with pytest.raises(UnknownTicker):
        prices.ensure_fresh("AAPL", PATIENCE_S)
    assert 0 < redis_stores.price_notes._redis.pttl("nothing:AAPL") <= 10_000
    redis_stores.price_notes._redis.delete("nothing:AAPL")
    source.answer = series()
    assert prices.ensure_fresh("AAPL", PATIENCE_S)


def test_an_unreachable_provider_is_called_again_at_once(redis_stores, store):
    source = FakeProvider(ProviderUnavailable())
    prices = keeper(redis_stores, store, source)
    with pytest.raises(ProviderUnavailable):
        prices.ensure_fresh("AAPL", PATIENCE_S)
    source.answer = series()
    assert prices.ensure_fresh("AAPL", PATIENCE_S)


def test_the_lock_of_a_dead_holder_is_free_after_a_few_seconds(redis_stores, store):
    redis_stores.price_notes._redis.set("refreshing:AAPL", "somebody who died", px=3000)
    assert keeper(redis_stores, store, FakeProvider(series())).ensure_fresh("AAPL", PATIENCE_S)


def test_the_lock_is_renewed_while_its_holder_lives(redis_stores):
    with redis_stores.price_notes.lock_refresh("AAPL", wait_s=0):
        shortened_ms = 500_000
        redis_stores.price_notes._redis.pexpire("refreshing:AAPL", shortened_ms)
        while redis_stores.price_notes._redis.pttl("refreshing:AAPL") <= shortened_ms:
            time.sleep(0.05)
        with pytest.raises(Busy), redis_stores.price_notes.lock_refresh("AAPL", wait_s=0):
            pass


def test_concurrent_lookups_share_one_fetch(redis_stores, store, monkeypatch):
    stored_days_ago(store, series())
    source, all_came = FakeProvider(ProviderUnavailable()), threading.Barrier(8)
    notes = redis_stores.price_notes
    forget = notes.forget_prices_pointer
    monkeypatch.setattr(notes, "forget_prices_pointer", lambda ticker: (forget(ticker), all_came.wait(PATIENCE_S)))
    prices = keeper(redis_stores, store, source)
    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(lambda _: prices.look_for_newer("AAPL", PATIENCE_S), range(8)))
    (looked,) = found
    assert (source.asked, looked.before) == (1, looked.after)


def test_fifty_concurrent_requests_call_the_provider_once(redis_stores, store):
    source = FakeProvider(series())
    prices = keeper(redis_stores, store, source)
    with ThreadPoolExecutor(50) as threads:
        versions = set(threads.map(lambda _: prices.ensure_fresh("AAPL", PATIENCE_S), range(50)))
    assert (len(versions), source.asked) == (1, 1)


def test_stale_prices_are_served_for_a_while_when_every_provider_fails(redis_stores, store):
    version = store.write(series(), fetched_at=NOW - timedelta(days=9), replacing=None).version
    source = FakeProvider(ProviderUnavailable())
    prices = keeper(redis_stores, store, source)
    assert [prices.ensure_fresh("AAPL", PATIENCE_S) for _ in range(3)] == [version] * 3
    assert source.asked == 1
    assert 0 < redis_stores.price_notes._redis.pttl("prices:AAPL") <= 15 * 60 * 1000


@pytest.mark.parametrize(
    ("answers", "failure"),
    [
        ([ProviderUnavailable()], ProviderUnavailable),
        ([UnknownTicker()], UnknownTicker),
        ([UnknownTicker(), ProviderUnavailable()], ProviderUnavailable),
        ([ProviderUnavailable(), UnknownTicker()], ProviderUnavailable),
        ([UnknownTicker(), TooLittleData()], TooLittleData),
        ([series(rows=59)], TooLittleData),
    ],
)
def test_without_stored_prices_the_failure_is_that_of_the_providers(redis_stores, store, answers, failure):
    with pytest.raises(failure):
        keeper(redis_stores, store, *(FakeProvider(answer) for answer in answers)).ensure_fresh("AAPL", PATIENCE_S)
    assert store.read_facts("AAPL") is None


def test_the_next_provider_is_called_when_one_fails(redis_stores, store):
    keeper(
        redis_stores, store, FakeProvider(ProviderUnavailable()), FakeProvider(series("sample"), "sample")
    ).ensure_fresh("AAPL", PATIENCE_S)
    assert store.read_facts("AAPL").source == "sample"


def test_a_real_provider_replaces_the_sample_as_soon_as_there_is_one(redis_stores, store):
    keeper(redis_stores, store, FakeProvider(series("sample"), "sample")).ensure_fresh("AAPL", PATIENCE_S)
    forget_pointer(redis_stores)
    keeper(redis_stores, store, FakeProvider(series("tiingo"))).ensure_fresh("AAPL", PATIENCE_S)
    assert store.read_facts("AAPL").source == "tiingo"


def test_the_sample_never_replaces_real_prices(redis_stores, store):
    version = store.write(series("tiingo"), fetched_at=NOW - timedelta(days=9), replacing=None).version
    sample = FakeProvider(series("sample"), "sample")
    assert (
        keeper(redis_stores, store, FakeProvider(ProviderUnavailable()), sample).ensure_fresh("AAPL", PATIENCE_S)
        == version
    )
    assert sample.asked == 0


def test_damaged_prices_are_fetched_again_after_they_are_reported(redis_stores, store, s3, s3_bucket):
    source = FakeProvider(series())
    prices = keeper(redis_stores, store, source)
    version = prices.ensure_fresh("AAPL", PATIENCE_S)
    whole = s3.get_object(Bucket=s3_bucket, Key=KEY)
    s3.put_object(Bucket=s3_bucket, Key=KEY, Body=whole["Body"].read()[:500], Metadata=whole["Metadata"])
    with pytest.raises(CorruptPrices):
        store.read("AAPL")
    redis_stores.price_notes.invalidate_prices("AAPL", version)
    assert prices.ensure_fresh("AAPL", PATIENCE_S) == version
    assert len(store.read("AAPL").series) == 100
    assert source.asked == 2


@pytest.mark.parametrize("changes", [None, {"fetched-at": "2026-01-02T03:04:05"}, {"rows": "many"}])
def test_an_object_of_another_writer_is_replaced(redis_stores, store, s3, s3_bucket, changes):
    store.write(series(ends=EARLIER), fetched_at=NOW - timedelta(days=2), replacing=None)
    metadata = s3.head_object(Bucket=s3_bucket, Key=KEY)["Metadata"]
    s3.put_object(Bucket=s3_bucket, Key=KEY, Body=b"hello", Metadata={} if changes is None else metadata | changes)
    keeper(redis_stores, store, FakeProvider(series())).ensure_fresh("AAPL", PATIENCE_S)
    assert store.read_facts("AAPL").source == "tiingo"


def test_the_second_of_two_concurrent_writes_fails(store):
    start = threading.Barrier(2)

    def write(price):
        start.wait()
        try:
            return store.write(series(price=price), fetched_at=NOW, replacing=None).version
        except ObjectChanged:
            return None

    with ThreadPoolExecutor(2) as threads:
        versions = list(threads.map(write, [1.0, 2.0]))
    assert sorted(version is None for version in versions) == [False, True]
    assert store.read_facts("AAPL").version in versions


def test_without_s3_a_look_up_is_busy_within_its_budget(redis_stores, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    client = make_s3_client()
    source = FakeProvider(series())
    with pytest.raises(Busy):
        keeper(redis_stores, PriceStore(client, "none"), source).ensure_fresh("AAPL", 5)
    client.close()
    assert source.asked == 0


def test_a_missing_bucket_is_busy(s3):
    with pytest.raises(Busy):
        PriceStore(s3, "no-such-bucket").write(series(), fetched_at=NOW, replacing=None)


def test_a_provider_that_was_not_called_in_time_does_not_make_the_ticker_unknown(redis_stores, store):
    class Slow(FakeProvider):
        def fetch(self, ticker, *, since, timeout_s):
            time.sleep(timeout_s)
            return super().fetch(ticker, since=since, timeout_s=timeout_s)

    unasked = FakeProvider(series(), "yahoo")
    with pytest.raises(ProviderUnavailable, match="yahoo"):
        keeper(redis_stores, store, Slow(UnknownTicker()), unasked).ensure_fresh("AAPL", 0.5)
    assert unasked.asked == 0


def ending_in_another_unit(prices, rows, factor):
    frame = prices.frame.copy()
    frame.iloc[-rows:] *= factor
    return replace(prices, frame=frame)


@pytest.mark.parametrize(("rows", "factor"), [(1, 100.0), (2, 0.01), (1, 1000.0)])
def test_new_rows_in_another_unit_leave_the_stored_series_as_it_is_and_are_flagged(redis_stores, store, rows, factor):
    before = series(ends=EARLIER)
    version = stored_days_ago(store, before)
    fetched_at = store.read_facts("AAPL").fetched_at
    source = FakeProvider(ending_in_another_unit(longer(before), rows, factor))
    prices = keeper(redis_stores, store, source)
    for _ in range(2):
        revision = prices.ensure_fresh("AAPL", PATIENCE_S)
        facts = store.read_facts("AAPL")
        assert (facts.version, facts.fetched_at) == (version, fetched_at)
        assert revision == facts.revision
        (flag,) = facts.flags
        assert re.fullmatch(r"newer prices were refused on \d{4}-\d\d-\d\d: their unit or size is implausible", flag)
        forget_pointer(redis_stores)
    source.answer = longer(before)
    prices.ensure_fresh("AAPL", PATIENCE_S)
    assert (len(store.read("AAPL").series), store.read_facts("AAPL").flags) == (102, ())


def test_a_first_series_in_two_units_is_rejected_and_the_next_provider_called(redis_stores, store):
    wrong, right = FakeProvider(ending_in_another_unit(series(), 3, 0.01)), FakeProvider(series("yahoo"), "yahoo")
    with pytest.raises(ImplausiblePrices, match="change their unit"):
        keeper(redis_stores, store, wrong, FakeProvider(UnknownTicker(), "yahoo")).ensure_fresh("AAPL", PATIENCE_S)
    assert store.read_facts("AAPL") is None
    redis_stores.price_notes._redis.delete("nothing:AAPL")
    keeper(redis_stores, store, wrong, right).ensure_fresh("AAPL", PATIENCE_S)
    assert store.read_facts("AAPL").source == "yahoo"


@pytest.mark.parametrize("factor", [1.0, 0.5])
def test_days_that_a_refresh_lacks_stay_stored(redis_stores, store, factor):
    before = series(ends=EARLIER)
    stored_days_ago(store, before)
    after = longer(before)
    fetched = replace(after, frame=(after.frame * factor).drop(before.frame.index[[-2, -4]]))
    keeper(redis_stores, store, FakeProvider(fetched)).ensure_fresh("AAPL", PATIENCE_S)
    stored = store.read("AAPL").series
    assert list(stored.frame.index) == list(after.frame.index)
    np.testing.assert_allclose(stored.frame["close"], after.frame["close"] * factor)
    assert len(stored.flags) == 2
    assert all(flag.startswith("missing at the source and kept: ") for flag in stored.flags)


def test_another_provider_that_lacks_a_newest_day_does_not_replace_the_stored_series(redis_stores, store):
    before = series(ends=EARLIER)
    version = stored_days_ago(store, before)
    after = longer(before)
    lacking = replace(after, source="yahoo", frame=after.frame.drop(before.frame.index[[-2, -4]]))
    keeper(redis_stores, store, FakeProvider(lacking, "yahoo")).ensure_fresh("AAPL", PATIENCE_S)
    assert store.read_facts("AAPL").version == version


def test_flags_that_do_not_fit_into_the_metadata_are_counted(store):
    flags = tuple(f"looks like a split on day {number}, or like something else" for number in range(99))
    store.write(replace(series(), flags=flags), fetched_at=NOW, replacing=None)
    stored = store.read_facts("AAPL").flags
    assert stored[:-1] == flags[: len(stored) - 1]
    assert stored[-1] == f"and {99 - len(stored) + 1} more findings"
    assert 500 < len("; ".join(stored)) < 1300


def test_new_flags_of_the_same_prices_make_a_new_revision(redis_stores, store):
    version = stored_days_ago(store, series())
    source = FakeProvider(replace(series(), flags=("the source names no currency",)))
    revision = keeper(redis_stores, store, source).ensure_fresh("AAPL", PATIENCE_S)
    assert store.read_facts("AAPL").version == version != revision
    assert redis_stores.price_notes.read_prices_pointer("AAPL").version == revision
    assert keeper(redis_stores, store, source).ensure_fresh("AAPL", PATIENCE_S) == revision


def test_invalidated_prices_with_flags_are_fetched_again(redis_stores, store):
    source = FakeProvider(replace(series(), flags=("the source names no currency",)))
    prices = keeper(redis_stores, store, source)
    redis_stores.price_notes.invalidate_prices("AAPL", prices.ensure_fresh("AAPL", PATIENCE_S))
    prices.ensure_fresh("AAPL", PATIENCE_S)
    assert source.asked == 2
