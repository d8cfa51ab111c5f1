"""The wait for a call of a provider with a concurrency limit."""

import threading
import time
from datetime import date

import pytest

from common.domain.errors import ProviderUnavailable
from ingestion_service.providers.access.concurrency_limit import ConcurrencyLimit


class SlowProvider:
    """A provider whose calls last until they are released, and that records their time limits."""

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


def ask(limited_provider, timeout_s):
    with pytest.raises(ProviderUnavailable):
        limited_provider.fetch("AAPL", since=date(2020, 1, 1), timeout_s=timeout_s)


@pytest.fixture
def source():
    return SlowProvider()


@pytest.fixture
def limited_provider(source):
    """Yield a limited provider whose only call is occupied."""
    made = ConcurrencyLimit(source, 1, 1000.0)
    first = threading.Thread(target=ask, args=(made, 20_000))
    first.start()
    assert source.asked.wait(100)
    yield made
    source.over.set()
    first.join()


def test_a_call_that_waits_until_its_time_limit_is_not_made(source, limited_provider):
    ask(limited_provider, 0.2)
    assert len(source.given_s) == 1


def test_the_wait_is_subtracted_from_the_time_of_a_call(source, limited_provider):
    began = time.monotonic()
    threading.Timer(0.5, source.over.set).start()
    ask(limited_provider, 100)
    waited = time.monotonic() - began
    assert 100 - waited <= source.given_s[1] <= 99.6


def test_a_long_time_limit_does_not_extend_a_single_call(source, limited_provider):
    source.over.set()
    ask(limited_provider, 20_000)
    assert source.given_s == [1000.0, 1000.0]
