"""``python -m benchmarks.accuracy [--prices DIR | --simulated N]``: whether the distributions fit what came.

At origins all along each series, on other days in each, the engine forecasts 5, 21, 63 and 250 trading days ahead from
the prices known there. Two yardsticks do the same. One is the last price with a normal distribution of its logarithm,
whose daily standard deviation is that of all moves known at the origin. The other is stock Prophet. Errors are in units
of the close at the origin, pooled over series; the standard errors come from a bootstrap over blocks of time.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.accuracy.figures import figures_of
from benchmarks.accuracy.trials import Trial, origin_rows, trials_at
from benchmarks.price_files import read_closes, read_sample_closes
from benchmarks.report import parser, report
from benchmarks.yardsticks.simulated_closes import simulated_closes
from forecast_service.workers.environment import ENGINE_ENVIRONMENT

REPORT_EVERY_S = 60


def main() -> None:
    """Forecast, score and report."""
    options = _options()
    series = _series(options)
    if not series:
        raise SystemExit(f"no series of enough rows in {options.prices}")
    trials = list(_all_trials(series, options.origins, with_prophet=not options.without_prophet))
    report(figures_of(trials), options.json)


def _options() -> argparse.Namespace:
    options = parser(__doc__)
    which = options.add_mutually_exclusive_group()
    which.add_argument("--prices", type=Path, metavar="DIR", help="daily CSVs in Yahoo's format (default: the sample)")
    which.add_argument("--simulated", type=int, metavar="N", help="N simulated series in place of prices")
    options.add_argument("--origins", type=int, default=40, help="origins in each series (default: 40)")
    options.add_argument("--without-prophet", action="store_true", help="leave stock Prophet out, which is slow")
    return options.parse_args()


def _series(options: argparse.Namespace) -> dict[str, pd.Series]:
    if options.prices:
        return read_closes(options.prices)
    return simulated_closes(options.simulated) if options.simulated else read_sample_closes()


def _all_trials(series: dict[str, pd.Series], origins: int, *, with_prophet: bool) -> Iterator[Trial]:
    shifts = (np.arange(len(series)) + 0.5) / len(series)
    tasks = [
        (name, closes, row)
        for (name, closes), shift in zip(series.items(), shifts.tolist(), strict=True)
        for row in origin_rows(len(closes), origins, shift)
    ]
    os.environ.update(ENGINE_ENVIRONMENT)  # processes that are spawned read it
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        done = pool.map(partial(trials_at, with_prophet=with_prophet), *zip(*tasks, strict=True), chunksize=2)
        for trials in _with_progress(done, len(tasks)):
            yield from trials


def _with_progress(done: Iterator[list[Trial]], total: int) -> Iterator[list[Trial]]:
    """Pass the items on, and print a line a minute with an estimate of the time left on standard error."""
    began = reported = time.monotonic()
    for count, item in enumerate(done, 1):
        yield item
        now = time.monotonic()
        if now - reported >= REPORT_EVERY_S and count < total:
            reported = now
            left = (now - began) / count * (total - count)
            print(f"{count} of {total} origins, about {left / 60:.0f} min left", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
