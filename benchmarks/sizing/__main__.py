"""``python -m benchmarks.sizing``: what 1, 10, 100 and more users and a whole market need, and the first limit.

It measures a stack that ``run_app.sh`` starts, simulates the time after the market's open, and compares the simulation
with the same stack. ``--from FILE`` takes the measured figures from an earlier ``--json``.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from benchmarks.load.price_source import price_source
from benchmarks.report import parser, report
from benchmarks.service.many_questions import store_walks
from benchmarks.sizing.measured import Measured, measure
from benchmarks.sizing.plan import Plan, plan_market, plan_users
from benchmarks.sizing.users import ACTIVE_SHARE
from benchmarks.sizing.validation import WORKERS, validate
from test_support.stacks.run_app import UNLIMITED, running_stack

ACTIVE = (1, 10, 100)
ALL_USERS = (10_000, 100_000, 1_000_000)
MARKETS = (8000, 60_000)


def main() -> None:
    """Measure, simulate, and report."""
    options = parser(__doc__)
    options.add_argument("--from", dest="earlier", type=Path, metavar="FILE", help="measure nothing: take this file")
    given = options.parse_args()
    figures = json.loads(given.earlier.read_text()) if given.earlier else _measure()
    measured = Measured(**figures["measured"])
    plans = [plan_users(f"{active} active", active, measured) for active in ACTIVE]
    plans += [plan_users(f"{users:,} in all", users * ACTIVE_SHARE, measured) for users in ALL_USERS]
    print_table(plans)
    figures |= {"plans": [asdict(plan) for plan in plans], "markets": [plan_market(stocks) for stocks in MARKETS]}
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")
    report({name: value for name, value in figures.items() if name not in {"plans", "markets"}}, None)
    for market in figures["markets"]:
        report({f"market of {market['stocks']}": market}, None)


def print_table(plans: list[Plan]) -> None:
    """Print the plans as a table of Markdown, one row a figure."""
    for number, field in enumerate(fields(Plan)):
        values = [getattr(plan, field.name) for plan in plans]
        cells = [f"{value:.3g}" if isinstance(value, float) else str(value) for value in values]
        print(f"| {field.name} | {' | '.join(cells)} |")
        if number == 0:
            print("|---" * (len(plans) + 1) + "|")


def _measure() -> dict[str, Any]:
    load = os.getloadavg()[0]
    with price_source() as settings, running_stack(settings | UNLIMITED | {"WORKERS": str(WORKERS)}) as stack:
        store_walks(stack)
        measured = measure(stack)
        validation = validate(stack, measured)
    return {"load_at_the_beginning": load, "measured": asdict(measured), "validation": validation}


if __name__ == "__main__":
    main()
