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


def test_the_programs_are_started_at_once(poller: PromptPoller) -> None:
    assert poller.poll(LONG_S) == ([], [])


def test_each_signal_is_dealt_with_as_it_comes(poller: PromptPoller) -> None:
    poller.poll(LONG_S)
    for _ in range(2):
        os.kill(os.getpid(), signal.SIGUSR1)
    assert [poller.poll(LONG_S) for _ in range(2)] == [([], [])] * 2
    assert poller.poll(0) == ([], [])


def test_what_a_program_says_ends_the_wait(poller: PromptPoller) -> None:
    poller.poll(LONG_S)
    said, program = os.pipe()
    os.write(program, b"hello")
    poller.register_readable(said)
    assert poller.poll(LONG_S) == ([said], [])
    os.close(said)
    os.close(program)
