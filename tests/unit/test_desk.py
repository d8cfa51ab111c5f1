from __future__ import annotations

import threading

from common.addresses import Address
from common.questions import Question
from common.records import Record, Records, connected
from webserver.desk import Desk

UNDER_WAY = Record("a", Question(ticker="AAPL", days=30), "accepted", None, "", 1000, 1)
NOBODY = Address("127.0.0.1", 1)


def test_where_no_thread_is_to_be_had_that_would_look_nobody_waits(monkeypatch):
    def no_thread(_thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_thread)
    desk = Desk(Records(connected("redis://127.0.0.1:1")), NOBODY, deadline_s=30, most_waiting=1, most_dispatching=1)
    told = []
    desk.wait(UNDER_WAY, 20, told.append)
    assert told == [None]
