"""The signals that end a service."""

from __future__ import annotations

import asyncio
import signal

import pytest

from common.service import serving


@pytest.fixture
def nohup():
    """Ignore hang-ups, as a program does that nohup started."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGHUP, before)


def test_a_hang_up_that_is_ignored_at_the_start_stays_ignored(nohup):
    async def start():
        serving._make_stop_event()
        return [signal.getsignal(number) is signal.SIG_IGN for number in (signal.SIGHUP, signal.SIGTERM)]

    assert asyncio.run(start()) == [True, False]
