"""``python -m benchmarks.service``: what the service around a forecast costs, each figure beside a yardstick.

The stack is the one of ``run_app.sh``, asked over HTTP. ``--only repeat,burst`` measures some parts alone.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Iterable

from benchmarks.load.price_source import price_source
from benchmarks.report import parser, report
from benchmarks.service.batch import batch_figures
from benchmarks.service.cold import cold_figures
from benchmarks.service.many import burst_figures, distinct_figures
from benchmarks.service.memory import memory_figures
from benchmarks.service.overload import overload_figures
from benchmarks.service.ready_answers import not_modified_figures, repeat_figures
from benchmarks.service.refresh import refresh_figures
from benchmarks.service.stall import stall_figures
from benchmarks.service.start_up import start_figures
from benchmarks.service.worker_scaling import worker_scaling_figures
from benchmarks.yardsticks.stock_prophet import quiet_prophet
from test_support.stacks.run_app import UNLIMITED, RunningStack, running_stack

PARTS: dict[str, Callable[[RunningStack], dict[str, object]]] = {
    "cold": cold_figures,
    "repeat": repeat_figures,
    "not_modified": not_modified_figures,
    "burst": burst_figures,
    "distinct": distinct_figures,
    "scaling": worker_scaling_figures,
    "batch": batch_figures,
    "start": start_figures,
    "memory": memory_figures,
    "overload": overload_figures,
    "refresh": refresh_figures,
    "stall": stall_figures,
}


def main() -> None:
    """Measure, print the table, and write it as JSON where that was asked for."""
    options = _options()
    quiet_prophet()
    warnings.simplefilter("ignore")
    report(measured(options.only or PARTS), options.json)


def measured(parts: Iterable[str]) -> dict[str, object]:
    """The figures of some parts, one after the other on one stack."""
    figures: dict[str, object] = {}
    with price_source() as settings, running_stack(settings | UNLIMITED) as stack:
        for part in parts:
            began = time.monotonic()
            figures |= PARTS[part](stack)
            print(f"{part} took {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return figures


def _options() -> argparse.Namespace:
    options = parser(__doc__)
    options.add_argument("--only", type=_parts, metavar="PART,…", help=f"some of {', '.join(PARTS)}")
    return options.parse_args()


def _parts(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in PARTS:
            raise argparse.ArgumentTypeError(f"there is no part {name!r}; the parts are {', '.join(PARTS)}")
    return names


if __name__ == "__main__":
    main()
