"""Wall clocks are ten minutes off. Times that two machines compare come from Redis's clock only.

S3 refuses a request whose clock is more than a quarter of an hour off, so a larger error cannot go unnoticed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from test_support.stacks.service_processes import DEADLINE_S, Part, Parts, attempt_numbers
from test_support.waiting import until
from tests.conftest import skip_or_fail

SHIM = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static time_t shift(void) { const char *off = getenv("CLOCK_OFF_BY_S"); return off ? atol(off) : 0; }

int clock_gettime(clockid_t clock, struct timespec *now) {
  int (*real)(clockid_t, struct timespec *) = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  int status = real(clock, now);
  if (status == 0 && clock == CLOCK_REALTIME) now->tv_sec += shift();
  return status;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec precise;
  int status = clock_gettime(CLOCK_REALTIME, &precise);
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return status;
}

time_t time(time_t *kept) {
  struct timespec precise;
  clock_gettime(CLOCK_REALTIME, &precise);
  if (kept) *kept = precise.tv_sec;
  return precise.tv_sec;
}
"""
"""A library that shifts a program's wall clock by so many seconds. It does not change the monotonic clock."""


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the library. (Under libfaketime, waiting threads hang.)"""
    compiler = shutil.which("cc")
    if compiler is None:
        skip_or_fail("there is no C compiler (Debian: apt-get install gcc libc6-dev)")
    library = tmp_path_factory.mktemp("shim") / "clock.so"
    source = library.with_suffix(".c")
    source.write_text(SHIM)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


OFF_BY = timedelta(minutes=10)
WRONG = {"AHEAD": {"web": -1, "ingestion": 1}, "BEHIND": {"ingestion": -1, "forecast": 1}}
"""The signs of the shifts. Each service's clock is wrong once, and any two that communicate differ."""


@pytest.fixture(scope="module", params=WRONG)
def shifted(request, shim: Path, whole_stack: Parts) -> Iterator[list[Part]]:
    """The parts whose wall clocks are off."""
    off = {
        getattr(whole_stack, name): f"{sign * OFF_BY.total_seconds():.0f}"
        for name, sign in WRONG[request.param].items()
    }
    right = {part: part.environment for part in off}
    shift = {part: {"LD_PRELOAD": str(shim), "CLOCK_OFF_BY_S": seconds} for part, seconds in off.items()}
    whole_stack.restart_with({part: {**right[part], **shift[part]} for part in off})
    yield list(off)
    whole_stack.restart_with(right)


def time_seen_by(part):
    """The time of the last line that a part logged."""
    lines = [line for line in part.log.read_text().splitlines() if line.startswith("{")]
    return datetime.fromisoformat(json.loads(lines[-1])["time"])


def test_clocks_that_are_ten_minutes_off_change_no_request(parts, shifted, request, history):
    name = request.node.callspec.params["shifted"]
    request_id, answer = history.ask(name, 30)
    assert answer.status_code == 200, answer.text
    now = datetime.now(UTC)
    for part in shifted:
        assert abs(time_seen_by(part) - now) > OFF_BY / 2, "its clock was not shifted, so the test shows nothing"
    document = answer.json()
    assert document["counted_from"] in {str(now.date()), str(now.date() - timedelta(days=1))}  # New York's day
    assert abs(datetime.fromisoformat(document["data"]["fetched_at"]) - now) < timedelta(minutes=5)
    assert attempt_numbers(parts, [request_id]) == {b"1"}, "its lease was treated as expired"
    assert history.ask(name, 31)[1].status_code == 200
    assert parts.source.calls[name] == 1, "fresh prices were treated as old"


def test_a_lost_request_is_reclaimed_once_by_machines_whose_clocks_are_off(parts, shifted, request, history):
    name = f"DIED{request.node.callspec.params['shifted']}"
    parts.source.may_answer.clear()
    request_id, _ = history.ask(name, 30, prefer="wait=0")
    until(lambda: parts.source.calls[name], DEADLINE_S, "the source was not asked")
    parts.restart(parts.ingestion)
    parts.source.may_answer.set()
    assert history.end_of(request_id)["status"] == "done"
    assert attempt_numbers(parts, [request_id]) == {b"2"}
