from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from local_stack.processes.interrupts import Interrupted, Interrupts

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in NUMBERS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_raise_if_any_does_nothing_before_a_signal() -> None:
    with Interrupts() as interrupts:
        interrupts.raise_if_any()


@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_is_recorded_and_raised_at_the_next_check(number: signal.Signals) -> None:
    with Interrupts() as interrupts:
        signal.raise_signal(number)
        assert (interrupts.count, interrupts.last) == (1, number)
        with pytest.raises(Interrupted):
            interrupts.raise_if_any()


def test_a_signal_after_the_context_is_recorded_only() -> None:
    with Interrupts() as interrupts:
        pass
    signal.raise_signal(signal.SIGTERM)
    assert interrupts.count == 1
