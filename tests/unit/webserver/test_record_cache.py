from __future__ import annotations

import threading

import pytest

from common.domain.errors import Busy, NotFound
from common.domain.questions import Question
from common.redis.requests.records import Record
from webserver.forecasts.record_cache import MOST_RECORDS, TRUSTED_FOR_S, RecordCache

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
        return Record(request_id, Question(ticker="AAPL", days=self.reads), self.status, None, "", 0, 1, HOUR_MS)


def test_what_is_done_is_read_once_while_its_id_is_its_own():
    redis, now = Redis(), [0.0]
    kept = RecordCache(redis.read_all, all_unchanged, clock=lambda: now[0])
    first = kept.record("a")
    now[0] = 3000.0
    assert kept.record("a") is first
    now[0] = 3599.0
    assert kept.record("a").question.days == 2


def test_what_is_under_way_or_failed_is_read_each_time():
    for status in ("forecasting", "failed", "cancelled"):
        redis = Redis(status)
        kept = RecordCache(redis.read_all, all_unchanged)
        assert [kept.record("a").question.days for _ in range(3)] == [1, 2, 3]


def test_so_many_are_kept_and_no_more():
    redis = Redis()
    kept = RecordCache(redis.read_all, all_unchanged)
    for number in range(MOST_RECORDS + 1):
        kept.record(str(number))
    before = redis.reads
    kept.record(str(MOST_RECORDS))
    kept.record("0")
    assert redis.reads == before + 1


def test_of_many_those_are_read_that_are_not_kept():
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


def test_requests_that_come_during_a_comparison_share_the_next_one():
    redis, now, began, go_on, compared = Redis(), [0.0], threading.Event(), threading.Event(), []

    def compare(records):
        compared.append(len(records))
        began.set()
        go_on.wait()
        return [True] * len(records)

    kept = RecordCache(redis.read_all, compare, clock=lambda: now[0])
    kept.record("a")
    now[0] = 1.0
    found = []
    requests = [threading.Thread(target=lambda: found.append(kept.record("a"))) for _ in range(5)]
    requests[0].start()
    began.wait()
    for request in requests[1:]:
        request.start()
    go_on.set()
    for request in requests:
        request.join()
    assert found == [kept.record("a")] * 5
    assert len(compared) <= 2


def test_a_comparison_that_fails_fails_each_request_that_shares_it():
    redis, now = Redis(), [0.0]

    def compare(_records):
        raise Busy

    kept = RecordCache(redis.read_all, compare, clock=lambda: now[0])
    kept.record("a")
    now[0] = 1.0
    for _ in range(2):
        with pytest.raises(Busy):
            kept.record("a")


def test_a_changed_record_is_read_again():
    redis, now = Redis(), [0.0]
    kept = RecordCache(redis.read_all, lambda records: [False] * len(records), clock=lambda: now[0])
    assert kept.record("a").question.days == 1
    now[0] = 1.0
    assert kept.record("a").question.days == 2
