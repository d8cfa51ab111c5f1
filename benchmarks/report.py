"""The timing and the report that all benchmarks share."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def seconds_of(call: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def median_seconds(rounds: int, **calls: Callable[[], object]) -> dict[str, float]:
    """Return each call's median seconds. The calls alternate, so that a slow moment of the machine affects all."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            taken[name].append(seconds_of(call))
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options of every benchmark."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to this file")
    return options


def report(figures: dict[str, Any], file: Path | None) -> None:
    """Print the figures, one a line, and write them as JSON to ``file`` if it is given."""
    for name, value in _lines(figures, ""):
        print(f"{name:40} {value:12.4g}" if isinstance(value, float) else f"{name:40} {value!s:>12}")
    if file:
        file.write_text(json.dumps(figures, indent=2) + "\n")


def _lines(figures: dict[str, Any], prefix: str) -> list[tuple[str, Any]]:
    lines: list[tuple[str, Any]] = []
    for name, value in figures.items():
        lines += _lines(value, f"{prefix}{name}.") if isinstance(value, dict) else [(prefix + name, value)]
    return lines
