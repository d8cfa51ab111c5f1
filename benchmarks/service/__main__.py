"""``python -m benchmarks.service``: the costs of the service around a forecast, each beside a yardstick.

The requests go over HTTP to a stack that ``run_app.sh`` starts. ``--only repeat,burst`` measures only these parts.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Iterable

from benchmarks.load.price_source import price_source
from benchmarks.report import parser, report
from benchmarks.service.alerts import alert_figures
from benchmarks.service.authentication import auth_figures
from benchmarks.service.batch import batch_figures
from benchmarks.service.beside_long import beside_long_figures
from benchmarks.service.cached_answers import not_modified_figures, repeat_figures
from benchmarks.service.cold import cold_figures
from benchmarks.service.many_questions import burst_figures, distinct_figures
from benchmarks.service.memory import memory_figures
from benchmarks.service.overload import overload_figures
from benchmarks.service.refresh import refresh_figures
from benchmarks.service.stall import stall_figures
from benchmarks.service.start_up import start_figures
from benchmarks.service.worker_scaling import worker_scaling_figures
from benchmarks.yardsticks.stock_prophet import quiet_prophet
from test_support.stacks.run_app import UNLIMITED, RunningStack, running_stack

PARTS: dict[str, Callable[[RunningStack], dict[str, object]]] = {
    "cold": cold_figures,
    "repeat": repeat_figures,
    "auth": auth_figures,
    "not_modified": not_modified_figures,
    "burst": burst_figures,
    "distinct": distinct_figures,
    "scaling": worker_scaling_figures,
    "batch": batch_figures,
    "beside_long": beside_long_figures,
    "start": start_figures,
    "memory": memory_figures,
    "overload": overload_figures,
    "refresh": refresh_figures,
    "alerts": alert_figures,
    "stall": stall_figures,
}


def main() -> None:
    """Measure, and report the figures."""
    options = _options()
    quiet_prophet()
    warnings.simplefilter("ignore")
    report(measure_parts(options.only or PARTS), options.json)


def measure_parts(parts: Iterable[str]) -> dict[str, object]:
    """Measure parts one after the other on one stack, and return their figures."""
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
