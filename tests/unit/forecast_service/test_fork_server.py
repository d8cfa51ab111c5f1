"""The imports of the preloaded fork server."""

from __future__ import annotations

import subprocess
import sys

from test_support.paths import ROOT

SLOW_TO_IMPORT = {"asyncio", "boto3", "numpy", "pydantic"}


def test_fork_server_module_imports_nothing_slow() -> None:
    command = "import sys, forecast_service.workers.fork_server; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not SLOW_TO_IMPORT & set(done.stdout.split())
