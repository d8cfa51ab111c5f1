"""Who waits before a source, and for how long."""

import threading
import time
from datetime import date

import pytest

from common.domain.errors import ProviderUnavailable
from ingestion_service.providers.access.concurrency_limit import ConcurrencyLimit


class Slow:
    """A source that is asked until it is let go, and notes the time that it was given."""

    name = "tiingo"

    def __init__(self):
        self.asked = threading.Event()
        self.over = threading.Event()
        self.given_s = []

    def fetch(self, ticker, *, since, timeout_s):
        self.given_s.append(timeout_s)
        self.asked.set()
        self.over.wait(100)
        raise ProviderUnavailable


def ask(turnstile, timeout_s):
    with pytest.raises(ProviderUnavailable):
        turnstile.fetch("AAPL", since=date(2020, 1, 1), timeout_s=timeout_s)


@pytest.fixture
def source():
    return Slow()


@pytest.fixture
def turnstile(source):
    """A turnstile whose only place is taken."""
    made = ConcurrencyLimit(source, 1, 1000.0)
    first = threading.Thread(target=ask, args=(made, 20_000))
    first.start()
    assert source.asked.wait(100)
    yield made
    source.over.set()
    first.join()


def test_a_call_that_waits_for_its_whole_time_is_not_made(source, turnstile):
    ask(turnstile, 0.2)
    assert len(source.given_s) == 1


def test_the_time_in_which_one_waited_is_not_given_again(source, turnstile):
    began = time.monotonic()
    threading.Timer(0.5, source.over.set).start()
    ask(turnstile, 100)
    waited = time.monotonic() - began
    assert 100 - waited <= source.given_s[1] <= 99.6


def test_one_call_has_no_more_time_than_its_own_however_long_one_may_wait(source, turnstile):
    source.over.set()
    ask(turnstile, 20_000)
    assert source.given_s == [1000.0, 1000.0]
