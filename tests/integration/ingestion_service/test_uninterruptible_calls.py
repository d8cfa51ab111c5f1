"""Calls that cannot be interrupted must not delay the end of their process."""

import subprocess
import sys
import threading

import pytest

from ingestion_service.providers.fetch.uninterruptible_calls import run_within

BESIDE_A_CALL = """
import contextlib, time
from ingestion_service.providers.fetch.uninterruptible_calls import run_within
with contextlib.suppress(TimeoutError):
    run_within(0.1, lambda: time.sleep(3600))
"""
BESIDE_A_LOOK_UP = """
import asyncio, contextlib, socket, time
from ingestion_service.providers.fetch.uninterruptible_calls import NonWaitingExecutor
socket.getaddrinfo = lambda *_, **__: time.sleep(3600)
async def look_up():
    loop = asyncio.get_running_loop()
    loop.set_default_executor(NonWaitingExecutor(1))
    async with asyncio.timeout(0.1):
        await loop.getaddrinfo("slow.invalid", 80)
with contextlib.suppress(TimeoutError):
    asyncio.run(look_up())
"""


@pytest.mark.parametrize("program", [BESIDE_A_CALL, BESIDE_A_LOOK_UP])
def test_a_process_ends_during_an_endless_call(program):
    subprocess.run([sys.executable, "-c", program], check=True, timeout=100)


def test_a_call_that_ends_in_time_returns_its_result():
    assert run_within(100, lambda: 42) == 42


def test_a_failure_of_a_call_is_raised():
    with pytest.raises(ZeroDivisionError):
        run_within(100, lambda: 1 // 0)


def test_a_late_call_raises_a_timeout_and_continues():
    over = threading.Event()
    with pytest.raises(TimeoutError):
        run_within(0.1, lambda: over.wait(100))
    over.set()
