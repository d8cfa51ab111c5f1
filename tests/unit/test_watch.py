from __future__ import annotations

import itertools
import threading
import time

from common.errors import Busy
from webserver.watch import Watch

LONG_S = 20.0


def waiting(watch, *request_ids):
    threads = [threading.Thread(target=watch.wait, args=[each, LONG_S]) for each in request_ids]
    for thread in threads:
        thread.start()
    return threads


def test_everybody_who_waits_for_an_end_is_told_of_it_by_the_same_looks():
    looks = []
    ended = threading.Event()

    def look(request_ids):
        looks.append(set(request_ids))
        return ["a"] if ended.is_set() else []

    threads = waiting(Watch(look), *"aaa")
    while {"a"} not in looks:
        time.sleep(0.001)
    ended.set()
    began = time.monotonic()
    for thread in threads:
        thread.join()
    assert time.monotonic() - began < LONG_S / 2


def test_a_wait_ends_with_its_time_and_leaves_nobody_looking():
    watch = Watch(lambda request_ids: [])
    began = time.monotonic()
    watch.wait("a", 0.05)
    assert time.monotonic() - began >= 0.05
    while any(thread.name == "watch" for thread in threading.enumerate()):
        time.sleep(0.001)


def test_a_store_that_is_away_for_a_while_ends_no_wait():
    answers = itertools.chain([Busy(), Busy()], itertools.repeat(["a"]))

    def look(request_ids):
        answer = next(answers)
        if isinstance(answer, Busy):
            raise answer
        return answer

    began = time.monotonic()
    Watch(look).wait("a", LONG_S)
    assert time.monotonic() - began < LONG_S / 2
