"""Budgets and circuits with a real Redis."""

from __future__ import annotations

import csv
import errno
import logging
import os
import resource
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from datetime import date
from itertools import count, pairwise
from pathlib import Path

import pandas as pd
import pytest
import redis

from common.domain.errors import Busy, ProviderUnavailable, UnknownTicker
from common.domain.prices import COLUMNS, PriceSeries
from common.redis.provider_limits import FAILURES_BEFORE_PAUSE, ProviderLimits, account_name
from common.redis.rate_windows import Window
from ingestion_service.providers.access.guard import FREE_BUDGETS, Guard, GuardedProvider
from ingestion_service.providers.access.key_rotation import RotatingKeys
from ingestion_service.providers.base import NothingUsable, OutOfResources, Refused, TooFast, TransientFailure
from ingestion_service.providers.registry import NAMES, build_keyed

SERIES = PriceSeries("AAPL", "tiingo", "USD", pd.DataFrame(1.0, index=[0], columns=list(COLUMNS)))
KEY = "s3cretKey0123456789"
LONG = 10**9
"""Seconds of a window that does not end during a test: windows begin at multiples of their length."""


def paused_s(limits, account):
    """Return the remaining seconds of the account's pause; 0 without one."""
    pause = limits.read_pause(account)
    return pause.seconds if pause else 0


class FakeProvider:
    """A provider with a given result that counts its calls."""

    name = "tiingo"

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = 0

    def fetch(self, ticker, *, since, timeout_s):
        self.asked += 1
        answer = self.answers.pop(0) if self.answers else SERIES
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def client(redis_url):
    with redis.Redis.from_url(redis_url) as connection:
        yield connection


def guarded(client, source, *budget, key=KEY):
    return GuardedProvider(source, ProviderLimits(client), account_name("tiingo", key), budget)


def rotating(client, *providers):
    return RotatingKeys(providers, ProviderLimits(client))


def ask(provider):
    return provider.fetch("AAPL", since=date(2020, 1, 1), timeout_s=100)


def failures_of(provider, times):
    for _ in range(times):
        with pytest.raises(ProviderUnavailable):
            ask(provider)


def test_every_replica_pauses_a_provider_with_a_retry_after(client, redis_url):
    source, other = FakeProvider(ProviderUnavailable(retry_after_s=60)), FakeProvider()
    failures_of(guarded(client, source), 2)
    with redis.Redis.from_url(redis_url) as elsewhere, pytest.raises(ProviderUnavailable) as caught:
        ask(guarded(elsewhere, other))
    assert (source.asked, other.asked) == (1, 0)
    assert 0 < caught.value.retry_after_s <= 60


def asked_of(guard, *failures):
    answers = list(failures)

    def call(_):
        if answers:
            raise answers.pop()
        return SERIES

    return guard.ask(call, 100)


@pytest.mark.parametrize("interval", ["1d", "5min"])
def test_a_refused_interval_pauses_only_that_interval_of_the_account(client, interval):
    daily, other = (Guard("tiingo", ProviderLimits(client), "account", (), kind) for kind in ("1d", interval))
    with pytest.raises(Refused):
        asked_of(daily, Refused(retry_after_s=900))
    with pytest.raises(ProviderUnavailable) if interval == "1d" else nullcontext():
        assert asked_of(other) is SERIES


def test_a_used_up_quota_pauses_all_intervals_of_the_account(client):
    daily, other = (Guard("tiingo", ProviderLimits(client), "account", (), kind) for kind in ("1d", "5min"))
    with pytest.raises(ProviderUnavailable):
        asked_of(daily, ProviderUnavailable(retry_after_s=60))
    with pytest.raises(ProviderUnavailable, match="asked again at"):
        asked_of(other)


def test_a_provider_is_called_again_after_its_pause(client):
    source = FakeProvider(ProviderUnavailable(retry_after_s=1))
    failures_of(guarded(client, source), 1)
    while paused_s(ProviderLimits(client), account_name("tiingo", KEY)):
        time.sleep(0.05)
    assert ask(guarded(client, source)) is SERIES


def test_no_circuit_is_open_for_longer_than_a_day(client):
    failures_of(guarded(client, FakeProvider(ProviderUnavailable(retry_after_s=10**8))), 1)
    assert paused_s(ProviderLimits(client), account_name("tiingo", KEY)) <= 86_400


def test_of_two_pauses_the_longer_one_counts(client):
    limits = ProviderLimits(client)
    for seconds in (30, 3600, 30):
        limits.open_circuit("tiingo", seconds)
    assert 30 < paused_s(limits, "tiingo") <= 3600


def test_several_failures_in_a_row_pause_a_provider_longer_each_time(client):
    source = FakeProvider(*[ProviderUnavailable()] * 9)
    limits, account = ProviderLimits(client), account_name("tiingo", KEY)
    failures_of(guarded(client, source), FAILURES_BEFORE_PAUSE + 2)
    assert source.asked == FAILURES_BEFORE_PAUSE
    assert 0 < paused_s(limits, account) <= 30
    client.delete(f"aside:{account}")
    failures_of(guarded(client, source), 1)
    assert 30 < paused_s(limits, account) <= 60


@pytest.mark.parametrize("answer", [SERIES, UnknownTicker()])
def test_a_success_resets_the_count_of_failures(client, answer):
    source = FakeProvider(
        ProviderUnavailable(), ProviderUnavailable(), answer, ProviderUnavailable(), ProviderUnavailable()
    )
    provider = guarded(client, source)
    for _ in range(5):
        with suppress(ProviderUnavailable, UnknownTicker):
            ask(provider)
    assert ask(provider) is SERIES


def test_a_used_up_budget_prevents_the_call_and_the_failure_has_the_next_time(client):
    source = FakeProvider()
    provider = guarded(client, source, Window(2, LONG), Window(100, 2 * LONG))
    assert [ask(provider), ask(provider)] == [SERIES, SERIES]
    with pytest.raises(ProviderUnavailable, match="budget") as caught:
        ask(provider)
    assert source.asked == 2
    assert 0 < caught.value.retry_after_s <= LONG


def test_two_replicas_share_one_budget(client, redis_url):
    class Counted:
        name = "tiingo"
        calls = count()

        def fetch(self, ticker, *, since, timeout_s):
            next(self.calls)
            return SERIES

    source = Counted()
    with redis.Redis.from_url(redis_url) as elsewhere, ThreadPoolExecutor(16) as threads:
        replicas = [guarded(client, source, Window(10, LONG)), guarded(elsewhere, source, Window(10, LONG))] * 20
        failures = [threads.submit(ask, provider) for provider in replicas]
        refused = [failure for failure in failures if isinstance(failure.exception(), ProviderUnavailable)]
    assert (next(source.calls), len(refused)) == (10, 30)


def test_a_call_that_is_not_allowed_counts_in_no_window(client):
    provider = guarded(client, FakeProvider(), Window(1, LONG), Window(3, 2 * LONG))
    ask(provider)
    failures_of(provider, 5)
    (spent,) = [int(client.get(key)) for key in client.keys(f"budget:*:{2 * LONG}:*")]
    assert spent == 1


def test_every_count_and_pause_expires_and_contains_no_key(client):
    failures_of(guarded(client, FakeProvider(ProviderUnavailable()), Window(9, LONG)), 1)
    failures_of(guarded(client, FakeProvider(ProviderUnavailable(retry_after_s=99)), Window(9, LONG)), 1)
    names = client.keys("*")
    assert len([name for name in names if not name.startswith((b"clock", b"repeated:"))]) == 3
    assert all(client.pttl(name) > 0 and KEY.encode() not in name for name in names)


def test_several_keys_are_used_in_turn(client):
    first, second, third = FakeProvider(), FakeProvider(), FakeProvider()
    sources = {"a": first, "b": second, "c": third}
    orders = []
    for _ in range(6):
        before = [source.asked for source in sources.values()]
        # Each run of a command builds its own: Redis has the turn.
        ask(RotatingKeys([guarded(client, source, key=key) for key, source in sources.items()], ProviderLimits(client)))
        after = [source.asked for source in sources.values()]
        orders.append([now - then for now, then in zip(after, before, strict=True)].index(1))
    assert orders == [0, 1, 2, 0, 1, 2]


def test_a_key_without_budget_leaves_the_turn_to_the_others(client):
    first, second = FakeProvider(), FakeProvider()
    keys = rotating(client, guarded(client, first, Window(1, LONG), key="a"), guarded(client, second, key="b"))
    assert [ask(keys) for _ in range(5)] == [SERIES] * 5
    assert (first.asked, second.asked) == (1, 4)


def test_a_refused_key_leaves_the_turn_for_a_while(client):
    first, second = FakeProvider(Refused(retry_after_s=900)), FakeProvider()
    keys = rotating(client, guarded(client, first, key="a"), guarded(client, second, key="b"))
    assert [ask(keys) for _ in range(5)] == [SERIES] * 5
    assert (first.asked, second.asked) == (1, 5)


@pytest.mark.parametrize("waits", [(900, 60), (60, 900)])
def test_of_the_refusals_of_all_keys_the_one_that_ends_first_is_raised(client, waits):
    sources = [FakeProvider(Refused(retry_after_s=seconds)) for seconds in waits]
    keys = rotating(client, *(guarded(client, source, key=str(n)) for n, source in enumerate(sources)))
    with pytest.raises(Refused) as caught:
        ask(keys)
    assert (caught.value.retry_after_s, caught.value.__context__) == (60, None)


def test_a_damaged_turn_begins_with_the_first_key(client):
    client.set("key_turn:tiingo", "x")
    first, second = FakeProvider(), FakeProvider()
    ask(rotating(client, guarded(client, first, key="a"), guarded(client, second, key="b")))
    assert (first.asked, second.asked) == (1, 0)


def test_a_failure_that_is_not_due_to_the_key_is_not_retried_with_another_key(client):
    first, second = FakeProvider(ProviderUnavailable()), FakeProvider()
    keys = rotating(client, guarded(client, first, key="a"), guarded(client, second, key="b"))
    with pytest.raises(ProviderUnavailable):
        ask(keys)
    assert second.asked == 0


@pytest.mark.parametrize("broken", [OverflowError(KEY), TypeError(KEY), csv.Error(KEY), AssertionError(KEY)])
def test_an_exception_while_reading_an_answer_is_a_failure_without_its_text(client, caplog, broken):
    source = FakeProvider(*[broken] * 9)
    provider = guarded(client, source)
    with caplog.at_level(logging.DEBUG), pytest.raises(ProviderUnavailable) as caught:
        ask(provider)
    assert KEY not in "".join(traceback.format_exception(caught.value)) + caplog.text
    assert caught.value.__context__ is None
    assert type(broken).__name__ in caplog.text
    failures_of(provider, FAILURES_BEFORE_PAUSE)
    assert source.asked == FAILURES_BEFORE_PAUSE


def test_a_failure_that_quotes_the_answer_in_its_cause_loses_the_cause(client):
    def fails(_):
        try:
            float(KEY)
        except ValueError as exc:
            raise ProviderUnavailable from exc

    with pytest.raises(ProviderUnavailable) as caught:
        Guard("tiingo", ProviderLimits(client), "tiingo", ()).ask(fails, 100)
    assert KEY not in "".join(traceback.format_exception(caught.value))


def test_a_retry_is_made_only_if_the_budget_allows_it(client):
    source = FakeProvider(TransientFailure(), SERIES)
    with pytest.raises(ProviderUnavailable, match="budget"):
        ask(guarded(client, source, Window(1, LONG)))
    assert source.asked == 1


def test_a_failed_retry_counts_as_one_failure(client):
    source = FakeProvider(*[TransientFailure()] * 99)
    failures_of(guarded(client, source), FAILURES_BEFORE_PAUSE + 1)
    assert source.asked == 2 * FAILURES_BEFORE_PAUSE


def test_a_retry_has_the_remaining_time(client):
    given_s = []

    def call(left_s):
        given_s.append(left_s)
        raise TransientFailure

    guard = Guard("tiingo", ProviderLimits(client), "tiingo", ())
    for timeout_s in (1000, 0.05):
        with pytest.raises(TransientFailure):
            guard.ask(call, timeout_s)
    assert given_s == [1000, pytest.approx(950, abs=50), 0.05]


def test_the_hourly_budget_of_a_free_tiingo_key_is_kept():
    assert Window(50, 3600) in FREE_BUDGETS["tiingo"]


def test_without_redis_no_provider_is_called():
    source = FakeProvider()
    with redis.Redis(port=1) as nowhere, pytest.raises(Busy):
        ask(guarded(nowhere, source))
    assert source.asked == 0


def test_every_remote_provider_has_a_budget():
    assert {*FREE_BUDGETS, "sample"} == {*NAMES, "sec"}  # the SEC has facts about companies, and no prices


def test_the_reason_of_a_pause_is_stored_with_it_for_every_replica(client, redis_url):
    reason = "Tiingo's request quota is used up."
    failure = ProviderUnavailable(reason, retry_after_s=3600)
    with pytest.raises(ProviderUnavailable, match=rf"^{reason} It is asked again at \d\d:\d\d UTC") as first:
        ask(guarded(client, FakeProvider(failure)))
    with redis.Redis.from_url(redis_url) as elsewhere, pytest.raises(ProviderUnavailable) as later:
        ask(guarded(elsewhere, FakeProvider()))
    assert later.value.detail.startswith(reason)
    assert 3500 < later.value.retry_after_s <= first.value.retry_after_s == 3600


def test_the_reason_of_three_failures_is_stored_with_the_pause(client):
    provider = guarded(client, FakeProvider(*[ProviderUnavailable("Tiingo answered with status 500.")] * 9))
    failures_of(provider, FAILURES_BEFORE_PAUSE - 1)
    for _ in range(2):
        with pytest.raises(ProviderUnavailable, match=r"^Tiingo answered with status 500\. It is .* UTC") as caught:
            ask(provider)
        assert caught.value.retry_after_s


def test_a_pause_of_an_earlier_release_has_no_reason_and_is_valid(client):
    client.set(f"aside:{account_name('tiingo', KEY)}", 1, px=60_000)
    source = FakeProvider()
    with pytest.raises(ProviderUnavailable, match="asked again at"):
        ask(guarded(client, source))
    assert source.asked == 0


def test_tickers_without_prices_do_not_open_the_circuit(client):
    source = FakeProvider(*[NothingUsable()] * 9)
    failures_of(guarded(client, source), 9)
    assert ask(guarded(client, source)) is SERIES


LACKING = [
    OSError(errno.EMFILE, "x"),
    OSError(errno.ENFILE, "x"),
    MemoryError(),
    RuntimeError("can't start new thread"),
]


@pytest.mark.parametrize("cause", LACKING)
@pytest.mark.parametrize("hidden", [True, False])
def test_a_shortage_in_this_process_is_not_a_failure_of_the_provider(client, cause, hidden, caplog):
    def call(_):
        if not hidden:
            raise cause
        raise TransientFailure from ExceptionGroup("several", [cause])

    guard = Guard("tiingo", ProviderLimits(client), "tiingo", ())
    for _ in range(2 * FAILURES_BEFORE_PAUSE):
        with pytest.raises(OutOfResources):
            guard.ask(call, 100)
    assert (guard.ask(lambda _: SERIES, 100), caplog.text) == (SERIES, "")


def test_a_lack_of_file_descriptors_is_not_a_failure_of_the_provider(client, server):
    """The limit is lowered to the open descriptors, as when connections have used up all others."""
    limits = ProviderLimits(client)
    provider = GuardedProvider(build_keyed("tiingo", url=server.url, api_key=KEY), limits, "tiingo", ())
    limits.read_pause("tiingo")  # the connection to Redis is open from here on
    highest = max(int(path.name) for path in Path("/dev/fd").iterdir())
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, hard))
    taken = []
    try:
        with suppress(OSError):
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        for _ in range(FAILURES_BEFORE_PAUSE + 1):
            with pytest.raises(OutOfResources):
                ask(provider)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for descriptor in taken:
            os.close(descriptor)
    assert limits.read_pause("tiingo") is None


def test_calls_are_a_second_apart_with_a_budget_of_one_a_second(client):
    granted = []

    class ObservedLimits(ProviderLimits):
        """Records when each call was granted, and when it was asked for."""

        def count_call(self, account, windows):
            asked_at = time.monotonic()
            wait_s = super().count_call(account, windows)
            if wait_s == 0:
                granted.append((time.monotonic(), asked_at))
            return wait_s

    guard = Guard("alphavantage", ObservedLimits(client), "alphavantage", (Window(1, 1), Window(25, LONG)))
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: guard.ask(lambda _: SERIES, 100), range(4)))
    # Redis granted each in between. On a busy machine, a thread may go on much later.
    gaps = [later_granted - asked for (_, asked), (later_granted, _) in pairwise(sorted(granted))]
    assert len(gaps) == 3
    assert min(gaps) > 0.8


def test_a_call_without_time_does_not_wait_for_the_budget(client):
    guard = Guard("alphavantage", ProviderLimits(client), "alphavantage", (Window(1, 1),))
    guard.ask(lambda _: SERIES, 100)
    with pytest.raises(ProviderUnavailable, match="budget"):
        guard.ask(lambda _: SERIES, 0.1)


def test_a_rejected_burst_is_retried_a_moment_later(client):
    source = FakeProvider(TooFast(retry_after_s=1), TooFast(retry_after_s=1), SERIES)
    assert ask(guarded(client, source)) is SERIES
    assert source.asked == 3


def test_the_wait_for_a_budget_is_subtracted_from_the_time_of_a_call(client):
    guard = Guard("alphavantage", ProviderLimits(client), "alphavantage", (Window(1, 1),))
    guard.ask(lambda _: SERIES, 100)
    given_s = []
    guard.ask(given_s.append, 100)
    assert given_s[0] < 99.9
