from __future__ import annotations

import subprocess
import sys

from local_stack.programs import ROOT

SLOW_TO_IMPORT = {"pydantic", "httpx", "numpy"}


def test_a_start_waits_for_nothing_that_only_questions_need() -> None:
    command = "import sys, cli.main; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not SLOW_TO_IMPORT & set(done.stdout.split())
