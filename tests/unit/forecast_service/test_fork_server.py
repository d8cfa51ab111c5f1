"""The imports of the preloaded fork server, and the environment of its workers."""

from __future__ import annotations

import subprocess
import sys

from forecast_service.workers.environment import ENGINE_ENVIRONMENT
from test_support.paths import ROOT

SLOW_TO_IMPORT = {"asyncio", "boto3", "numpy", "pydantic"}


def test_fork_server_module_imports_nothing_slow() -> None:
    command = "import sys, forecast_service.workers.fork_server; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not SLOW_TO_IMPORT & set(done.stdout.split())


def test_workers_start_in_the_environment_of_the_engine() -> None:
    command = (
        "import os\nfrom forecast_service.workers.fork_server import context\n"
        f"with context().Pool(1) as pool: print(*pool.map(os.getenv, {list(ENGINE_ENVIRONMENT)}))"
    )
    done = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == list(ENGINE_ENVIRONMENT.values())
