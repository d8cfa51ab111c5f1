from __future__ import annotations

import threading
import time

import pytest

from common.domain.errors import NotFound
from common.redis.requests.results import Result
from webserver.forecasts.result_cache import ResultCache

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


def test_those_that_were_asked_for_longest_ago_make_room():
    keys_read = []
    results = ResultCache(reading(keys_read), most_bytes=2 * RESULT.size)
    for key in "abacab":
        results.result(key)
    assert keys_read == ["a", "b", "c", "b"]


def test_what_is_larger_than_all_the_room_is_answered_and_not_kept():
    keys_read = []
    results = ResultCache(reading(keys_read), most_bytes=1)
    assert [results.result("a") for _ in range(2)] == [RESULT] * 2
    assert keys_read == ["a", "a"]


def test_what_is_not_there_is_looked_for_again():
    def missing(key):
        raise NotFound

    results = ResultCache(missing)
    for _ in range(2):
        with pytest.raises(NotFound):
            results.result("a")


def test_of_a_crowd_one_reads():
    keys_read, all_there = [], threading.Barrier(8)

    def read(key):
        keys_read.append(key)
        time.sleep(0.05)  # the others come meanwhile; where they do not, the test is weaker, and passes
        return RESULT

    results = ResultCache(read)

    def ask():
        all_there.wait()
        results.result("a")

    crowd = [threading.Thread(target=ask) for _ in range(8)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    assert keys_read == ["a"]
