"""How every benchmark measures and says what it found: medians in turns, a table, and JSON where it is asked for."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def seconds_of(call: Callable[[], object]) -> float:
    """How long a call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def medians(rounds: int, **calls: Callable[[], object]) -> dict[str, float]:
    """The median seconds of each call, taken in turns, so that a slow moment of the machine meets all of them."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            taken[name].append(seconds_of(call))
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def parser(description: str | None) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    return options


def report(figures: dict[str, Any], file: Path | None) -> None:
    """Print the figures, one a line, and write them to ``file`` where there is one."""
    for name, value in _lines(figures, ""):
        print(f"{name:40} {value:12.4g}" if isinstance(value, float) else f"{name:40} {value!s:>12}")
    if file:
        file.write_text(json.dumps(figures, indent=2) + "\n")


def _lines(figures: dict[str, Any], prefix: str) -> list[tuple[str, Any]]:
    lines: list[tuple[str, Any]] = []
    for name, value in figures.items():
        lines += _lines(value, f"{prefix}{name}.") if isinstance(value, dict) else [(prefix + name, value)]
    return lines
