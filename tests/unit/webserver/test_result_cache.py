from __future__ import annotations

import threading
import time

import pytest

from common.domain.errors import NotFound
from common.redis.requests.results import Result
from webserver.requests.result_cache import ResultCache

RESULT = Result(b'{"days": 30}', b"png")


def reading(keys_read):
    def read(key):
        keys_read.append(key)
        return RESULT

    return read


def test_a_result_is_read_once():
    keys_read = []
    results = ResultCache(reading(keys_read))
    assert [results.result("a") for _ in range(3)] == [RESULT] * 3
    assert keys_read == ["a"]


def test_the_least_recently_used_results_are_removed():
    keys_read = []
    results = ResultCache(reading(keys_read), most_bytes=2 * RESULT.size)
    for key in "abacab":
        results.result(key)
    assert keys_read == ["a", "b", "c", "b"]


def test_a_result_larger_than_the_cache_is_returned_and_not_cached():
    keys_read = []
    results = ResultCache(reading(keys_read), most_bytes=1)
    assert [results.result("a") for _ in range(2)] == [RESULT] * 2
    assert keys_read == ["a", "a"]


def test_a_missing_result_is_read_again():
    def missing(key):
        raise NotFound

    results = ResultCache(missing)
    for _ in range(2):
        with pytest.raises(NotFound):
            results.result("a")


def test_concurrent_requests_share_one_read():
    keys_read, all_there = [], threading.Barrier(8)

    def read(key):
        keys_read.append(key)
        time.sleep(0.05)  # the other requests arrive meanwhile; if they do not, the test is weaker and passes
        return RESULT

    results = ResultCache(read)

    def ask():
        all_there.wait()
        results.result("a")

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert keys_read == ["a"]
