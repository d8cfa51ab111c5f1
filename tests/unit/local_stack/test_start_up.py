from __future__ import annotations

import subprocess
import sys

from local_stack.programs import ROOT

SLOW_TO_IMPORT = {"pydantic", "httpx", "numpy"}


def test_a_start_does_not_import_the_libraries_of_questions() -> None:
    command = "import sys, cli.main; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not SLOW_TO_IMPORT & set(done.stdout.split())
