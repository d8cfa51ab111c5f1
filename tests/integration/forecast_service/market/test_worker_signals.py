"""SIGTERM ends a worker of the nightly run, and then the process that started it."""

import signal
import subprocess
import sys

from test_support.paths import ROOT

SCRIPT = """
import sys
from forecast_service.market.workers import run_worker
run_worker([sys.executable, "-c", "import time; print('started', flush=True); time.sleep(600)"], lambda: False)
"""


def test_sigterm_ends_the_worker_and_its_parent():
    with subprocess.Popen([sys.executable, "-c", SCRIPT], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "started\n"
        parent.send_signal(signal.SIGTERM)
        try:
            assert parent.wait(60) == 128 + signal.SIGTERM
            assert parent.stdout.read() == ""  # the worker's end closes it
        finally:
            parent.kill()
