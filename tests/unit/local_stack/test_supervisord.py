from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from local_stack.processes.supervisord import PromptPoller

LONG_S = 60


@pytest.fixture
def poller() -> Iterator[PromptPoller]:
    before, others = signal.signal(signal.SIGUSR1, lambda *_: None), signal.set_wakeup_fd(-1)
    poller = PromptPoller(None)
    yield poller
    os.close(signal.set_wakeup_fd(others))
    signal.signal(signal.SIGUSR1, before)
    os.close(poller._signalled)
    poller.close()


def test_the_first_poll_returns_immediately(poller: PromptPoller) -> None:
    assert poller.poll(LONG_S) == ([], [])


def test_each_signal_ends_a_poll(poller: PromptPoller) -> None:
    poller.poll(LONG_S)
    for _ in range(2):
        os.kill(os.getpid(), signal.SIGUSR1)
    assert [poller.poll(LONG_S) for _ in range(2)] == [([], [])] * 2
    assert poller.poll(0) == ([], [])


def test_output_of_a_program_ends_a_poll(poller: PromptPoller) -> None:
    poller.poll(LONG_S)
    readable, program = os.pipe()
    os.write(program, b"hello")
    poller.register_readable(readable)
    assert poller.poll(LONG_S) == ([readable], [])
    os.close(readable)
    os.close(program)
