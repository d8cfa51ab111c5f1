"""How long ``run_app.sh`` takes to be ready where its environment is made, beside an import of what it works with."""

from __future__ import annotations

import statistics
import subprocess
import sys

from benchmarks.report import seconds_of
from test_support.stacks.run_app import RunningStack, clean_environment, running_stack

ROUNDS = 3


def start_figures(_stack: RunningStack) -> dict[str, object]:
    """Start a stack beside the one that idles, and import Prophet and matplotlib, in turns."""
    starts, imports = [], []
    for _ in range(ROUNDS):
        imports.append(seconds_of(_import_libraries))
        with running_stack({"PROVIDERS": "sample"}) as stack:
            starts.append(stack.ready_after_s)
    return {
        "start_ratio": statistics.median(start / one for start, one in zip(starts, imports, strict=True)),
        "start": {"ready_s": statistics.median(starts), "import_s": statistics.median(imports)},
    }


def _import_libraries() -> None:
    subprocess.run([sys.executable, "-c", "import prophet, matplotlib.pyplot"], env=clean_environment(), check=True)
