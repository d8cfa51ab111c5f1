"""The clock of Redis's machine is set back while requests are under way."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import redis

from common.domain.questions import ForecastQuestion
from common.redis.stores import RedisStores
from local_stack.redis_binary import find_redis
from test_support.network.ports import free_port
from tests.conftest import skip_or_fail, wait_for_redis
from tests.faults.test_clocks import SHIM

ASKED = ForecastQuestion(ticker="AAPL", days=30)
STEP = """
#include <stdio.h>
static time_t shift(void) {
  FILE *file = fopen(getenv("CLOCK_STEP_FILE"), "r");
  long seconds = 0;
  if (file) { if (fscanf(file, "%ld", &seconds) != 1) seconds = 0; fclose(file); }
  return seconds;
}
"""
"""The shim of the other clocks, with a step that a file names and that may change at any time."""


@pytest.fixture
def step(tmp_path: Path) -> Path:
    """The file in which the step is, in seconds."""
    file = tmp_path / "step"
    file.write_text("0")
    return file


@pytest.fixture
def stepped_redis(tmp_path: Path, step: Path) -> Iterator[redis.Redis]:
    """A real Redis whose wall clock follows the step."""
    compiler = shutil.which("cc")
    if compiler is None:
        skip_or_fail("there is no C compiler (Debian: apt-get install gcc libc6-dev)")
    source, library, port = tmp_path / "clock.c", tmp_path / "clock.so", free_port()
    lines = SHIM.splitlines(keepends=True)
    source.write_text("".join(STEP if line.startswith("static time_t shift") else line for line in lines))
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    command = [str(find_redis()), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path), "--save", ""]
    environment = os.environ | {"LD_PRELOAD": str(library), "CLOCK_STEP_FILE": str(step)}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment) as server:
        url = f"redis://127.0.0.1:{port}/0"
        wait_for_redis(url)
        with redis.Redis.from_url(url) as client:
            yield client
        server.terminate()


def set_back(step, *, minutes):
    """Set the clock so many minutes behind the right time. A smaller number than before lets minutes pass."""
    step.write_text(f"{-60 * minutes}")


def test_a_request_ends_at_its_deadline_after_the_clock_is_set_back(stepped_redis, step):
    redis_stores, request_id = RedisStores.of(stepped_redis), str(uuid4())
    redis_stores.requests.accept(request_id, ASKED, 600_000)
    before = stepped_redis.time()[0]
    set_back(step, minutes=30)
    assert stepped_redis.time()[0] < before - 1000, "the clock was not set back: nothing was shown"
    assert 0 < redis_stores.requests.read(request_id).remaining_ms <= 600_100
    set_back(step, minutes=19)
    assert redis_stores.requests.read(request_id).failure.code == "deadline_exceeded"


def test_a_lost_request_is_claimed_after_the_clock_is_set_back(stepped_redis, step, monkeypatch):
    monkeypatch.setattr("common.redis.schema.lifetimes.LEASE_MS", 600_000)
    redis_stores, request_id = RedisStores.of(stepped_redis), str(uuid4())
    redis_stores.requests.accept(request_id, ASKED, 3_600_000)
    set_back(step, minutes=30)
    assert redis_stores.attempts.reclaim(10) == []  # ingestion searches twice a second, and so notices the step
    set_back(step, minutes=19)
    assert [order.request_id for order in redis_stores.attempts.reclaim(10)] == [request_id]
