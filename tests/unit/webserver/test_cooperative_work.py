"""Costly requests run one at a time, yield to others, and are refused if too many wait."""

import subprocess
import sys

import pytest

from common.domain.errors import Busy
from webserver.http import cooperative_work as cooperation
from webserver.http.cooperative_work import costly_turn, in_pieces, in_thread


def test_one_costly_request_computes_at_a_time_and_too_many_are_refused(monkeypatch):
    monkeypatch.setattr("webserver.http.cooperative_work.TURN_TIMEOUT_S", 0.01)
    with costly_turn(), pytest.raises(Busy), costly_turn():
        pass
    with costly_turn():
        pass


def test_a_failure_ends_a_turn():
    for _ in range(2):
        with pytest.raises(ValueError, match="x"), costly_turn():
            raise ValueError("x")


def test_long_work_yields_between_its_pieces(monkeypatch):
    gave_way = []
    monkeypatch.setattr(cooperation, "give_way", lambda: gave_way.append(1))
    monkeypatch.setattr(cooperation, "PIECE_S", 0.0)
    assert list(in_pieces(range(100))) == list(range(100))
    assert len(gave_way) >= 99


def test_work_in_a_thread_returns_its_value_and_raises_its_failure():
    assert in_thread(lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        in_thread(lambda: 1 // 0)


UNDER_GEVENT = """
from gevent import monkey
monkey.patch_all(os=False, signal=False, queue=False)
import os, sys, threading, time, zlib
from webserver.http.cooperative_work import costly_turn, in_pieces, in_thread

ticks, going = [0], [True]

def tick():
    while going[0]:
        ticks[0] += 1
        time.sleep(0)

threading.Thread(target=tick).start()
time.sleep(0)
before = ticks[0]
in_thread(lambda: zlib.compress(os.urandom(4_000_000), 9))
in_a_thread, before = ticks[0] - before, ticks[0]
with costly_turn():
    for _ in in_pieces(range(50)):
        until = time.perf_counter() + 0.001
        while time.perf_counter() < until:
            pass
print(in_a_thread, ticks[0] - before)
going[0] = False
"""


def test_under_gevent_other_requests_run_during_costly_work():
    command = [sys.executable, "-c", UNDER_GEVENT]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True)
    in_a_thread, in_pieces_of_work = map(int, done.stdout.split())
    assert in_a_thread > 3
    assert in_pieces_of_work > 10


CHEAP_REQUESTS_GO_FIRST = """
from gevent import monkey
monkey.patch_all(os=False, signal=False, queue=False)
import gevent
from webserver.http import cooperative_work as cooperation

cooperation.PIECE_S = 0.0
cooperation.LONGEST_PAUSE_S = 100.0
pieces, between = [0], []

def costly():
    for _ in cooperation.in_pieces(range(1000)):
        pieces[0] += 1

def cheap():
    while pieces[0] < 30:
        gevent.sleep(0.001)
    before = pieces[0]
    for _ in range(20):
        gevent.sleep(0)
    between.append(pieces[0] - before)

gevent.joinall([gevent.spawn(costly), gevent.spawn(costly), gevent.spawn(costly), gevent.spawn(cheap)])
print(*between, pieces[0])
"""


def test_a_cheap_request_waits_for_at_most_one_piece_of_costly_work():
    command = [sys.executable, "-c", CHEAP_REQUESTS_GO_FIRST]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True)
    between, pieces = map(int, done.stdout.split())
    assert between <= 1
    assert pieces == 3000


A_PROCESS_THAT_IS_NEVER_IDLE = """
from gevent import monkey
monkey.patch_all(os=False, signal=False, queue=False)
import gevent
from webserver.http import cooperative_work as cooperation

cooperation.PIECE_S = 0.0
costly = gevent.spawn(lambda: list(cooperation.in_pieces(range(20))))
while not costly.ready():
    gevent.sleep(0)
print(costly.get() == list(range(20)))
"""


def test_costly_work_ends_in_a_process_that_is_never_idle():
    command = [sys.executable, "-c", A_PROCESS_THAT_IS_NEVER_IDLE]
    assert subprocess.run(command, capture_output=True, text=True, timeout=100, check=True).stdout == "True\n"


NO_PIECE_DURING_A_ROUND_TRIP = """
from gevent import monkey
monkey.patch_all(os=False, signal=False, queue=False)
import gevent
from webserver.http import cooperative_work as cooperation

cooperation.PIECE_S = 0.0
pieces, between = [0], []

def costly():
    for _ in cooperation.in_pieces(range(1000)):
        pieces[0] += 1
        gevent.sleep(0.0005)

def prompt():
    while pieces[0] < 30:
        gevent.sleep(0.001)
    cooperation.LONGEST_PAUSE_S = 100.0
    gevent.sleep(0.05)
    with cooperation.before_costly_work():
        before = pieces[0]
        gevent.sleep(0.1)
        between.append(pieces[0] - before)
    with cooperation.before_costly_work(), cooperation.before_costly_work():
        pass

gevent.joinall([gevent.spawn(costly), gevent.spawn(costly), gevent.spawn(prompt)])
print(*between, pieces[0])
"""


def test_no_costly_work_starts_during_a_round_trip_of_a_cheap_request():
    command = [sys.executable, "-c", NO_PIECE_DURING_A_ROUND_TRIP]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True)
    assert done.stdout.split() == ["0", "2000"]
