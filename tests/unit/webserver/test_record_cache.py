from __future__ import annotations

import threading

import pytest

from common.domain.errors import Busy, NotFound
from common.domain.questions import ForecastQuestion
from common.redis.requests.records import Record
from test_support.waiting import PATIENCE_S, until
from webserver.requests.record_cache import MOST_RECORDS, TRUSTED_FOR_S, RecordCache

HOUR_MS = 3_600_000


def all_unchanged(records):
    return [True] * len(records)


class Redis:
    """Answers reads, and counts them."""

    def __init__(self, status="done"):
        self.status = status
        self.reads = 0

    def read_all(self, request_ids):
        return [self._read(request_id) for request_id in request_ids]

    def _read(self, request_id):
        if request_id == "gone":
            return None
        self.reads += 1
        return Record(
            request_id, ForecastQuestion(ticker="AAPL", days=self.reads), self.status, None, "", 0, 1, HOUR_MS
        )


def test_a_finished_record_is_read_once():
    redis, now = Redis(), [0.0]
    kept = RecordCache(redis.read_all, all_unchanged, clock=lambda: now[0])
    first = kept.record("a")
    now[0] = 3000.0
    assert kept.record("a") is first
    now[0] = 3599.0
    assert kept.record("a").question.days == 2


def test_an_unfinished_or_failed_record_is_read_each_time():
    for status in ("forecasting", "failed", "cancelled"):
        redis = Redis(status)
        kept = RecordCache(redis.read_all, all_unchanged)
        assert [kept.record("a").question.days for _ in range(3)] == [1, 2, 3]


def test_the_cache_has_a_limited_size():
    redis = Redis()
    kept = RecordCache(redis.read_all, all_unchanged)
    for number in range(MOST_RECORDS + 1):
        kept.record(str(number))
    before = redis.reads
    kept.record(str(MOST_RECORDS))
    kept.record("0")
    assert redis.reads == before + 1


def test_only_missing_records_are_read():
    redis = Redis()
    kept = RecordCache(redis.read_all, all_unchanged)
    kept.record("a")
    found = kept.records(["b", "gone", "a", "b"])
    assert [record and record.request_id for record in found] == ["b", None, "a", "b"]
    before = redis.reads
    assert kept.records(["a", "gone"])[1] is None
    assert redis.reads == before
    with pytest.raises(NotFound):
        kept.record("gone")


def test_a_record_is_used_for_less_than_five_milliseconds_without_a_comparison():
    redis, compared, now = Redis(), [], [0.0]
    kept = RecordCache(redis.read_all, lambda records: compared.append(now[0]) or [True], clock=lambda: now[0])
    for now[0] in (0.0, 0.004, 0.005, 0.009, 0.0101):
        kept.record("a")
    assert compared == [0.005, 0.0101]
    assert TRUSTED_FOR_S == 0.005


class Comparisons:
    """Compare records with Redis, one comparison at a time; the first waits until it may go on."""

    def __init__(self):
        self.now = 0.0
        self.may_go_on = threading.Event()
        self.compared = []
        self.failure = None
        self.cache = RecordCache(Redis().read_all, self._compare, clock=lambda: self.now)
        self.answers = {}

    def _compare(self, records):
        self.compared.append({record.request_id for record in records})
        if len(self.compared) == 1:
            assert self.may_go_on.wait(PATIENCE_S)
        elif self.failure:
            raise self.failure
        return [True] * len(records)

    def _read(self, request_id):
        try:
            self.answers[request_id] = self.cache.record(request_id).request_id
        except BaseException as exc:  # noqa: BLE001 - what a request gets is looked at
            self.answers[request_id] = type(exc)

    def run(self):
        """Have "a" compared, and "b" and "c" come meanwhile."""
        for request_id in "abc":
            self.cache.record(request_id)
        self.now = 1.0
        requests = []
        waiting = {"a": lambda: self.compared, "b": lambda: self.cache._next, "c": lambda: len(self._waiting()) == 2}
        try:
            for request_id, has_come in waiting.items():
                requests.append(threading.Thread(target=self._read, args=[request_id]))
                requests[-1].start()
                until(has_come, complaint=f"{request_id} did not come")
        finally:
            self.may_go_on.set()
            for request in requests:
                request.join()

    def _waiting(self):
        return self.cache._next.records if self.cache._next else {}


def test_requests_during_a_comparison_share_the_next_one():
    comparisons = Comparisons()
    comparisons.run()
    assert comparisons.compared == [{"a"}, {"b", "c"}]
    assert comparisons.answers == {"a": "a", "b": "b", "c": "c"}


@pytest.mark.parametrize(("failure", "shared"), [(NotFound(), NotFound), (SystemExit(), Busy)])
def test_a_comparison_that_fails_ends_every_request_that_shares_it(failure, shared):
    comparisons = Comparisons()
    comparisons.failure = failure
    comparisons.run()
    assert comparisons.answers == {"a": "a", "b": type(failure), "c": shared}
    comparisons.failure = None
    assert comparisons.cache.record("b").request_id == "b"


def test_a_changed_record_is_read_again():
    redis, now = Redis(), [0.0]
    kept = RecordCache(redis.read_all, lambda records: [False] * len(records), clock=lambda: now[0])
    assert kept.record("a").question.days == 1
    now[0] = 1.0
    assert kept.record("a").question.days == 2
