"""One stack of real processes for all fault tests. Each test starts without faults."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from local_stack.redis_binary import NoRedis, find_redis
from test_support.stacks.request_history import RequestHistory, checked_history
from test_support.stacks.service_processes import SHORT_DEADLINE_S, Parts, running_parts
from tests.conftest import skip_or_fail


# Its proxies are threads of this process, so it ends before the unit tests, which open no socket.
@pytest.fixture(scope="package")
def whole_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """The stack, started once for all tests of this folder."""
    try:
        find_redis()
    except NoRedis as exc:
        skip_or_fail(str(exc))
    # A test run that nohup started ignores SIGHUP, and so would the services that it starts.
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    with running_parts(tmp_path_factory.mktemp("faults")) as parts:
        yield parts
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def parts(whole_stack: Parts) -> Iterator[Parts]:
    """The stack without faults. They are removed at the end too."""
    whole_stack.recover()
    yield whole_stack
    whole_stack.recover()


@pytest.fixture
def short_deadline(parts: Parts) -> Iterator[None]:
    """A deadline that a test can wait for."""
    usual = parts.web.environment
    parts.restart_with({parts.web: {**usual, "REQUEST_DEADLINE_S": str(SHORT_DEADLINE_S)}})
    yield
    parts.restart_with({parts.web: usual})


@pytest.fixture
def history(parts: Parts) -> Iterator[RequestHistory]:
    """The requests and answers of the test. They are checked at its end, after all faults are removed."""
    with checked_history(parts) as history:
        yield history
