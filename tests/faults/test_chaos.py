"""A minute of random faults under steady load, as ``python -m benchmarks.chaos`` runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from local_stack.redis_binary import NoRedis, find_redis
from tests.conftest import skip_or_fail

ROOT = Path(__file__).parents[2]


def test_a_minute_of_chaos_loses_no_request() -> None:
    try:
        find_redis()
    except NoRedis as exc:
        skip_or_fail(str(exc))
    command = [sys.executable, "-m", "benchmarks.chaos", "--minutes", "1", "--seed", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
