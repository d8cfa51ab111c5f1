"""The time until ``run_app.sh`` is ready in a complete environment, beside an import of its libraries."""

from __future__ import annotations

import statistics
import subprocess
import sys

from benchmarks.report import seconds_of
from test_support.stacks.run_app import RunningStack, clean_environment, running_stack

ROUNDS = 3


def start_figures(_stack: RunningStack) -> dict[str, object]:
    """Time the start of a second stack and an import of Prophet and matplotlib, alternately."""
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
