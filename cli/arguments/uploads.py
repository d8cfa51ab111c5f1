"""The options of upload."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_upload(command: argparse.ArgumentParser) -> None:
    """Add the options of upload."""
    command.add_argument("file", type=Path, metavar="FILE", help="CSV or JSON with the columns date and close")
    command.add_argument("--ticker", required=True, help="the ticker under which the prices are stored")
    command.add_argument("--currency", metavar="CODE", help="the unit of the prices, such as EUR or GBp (pence)")
    command.add_argument("--patch", action="store_true", help="add the file's days to the uploaded series")
    command.add_argument("--partial", action="store_true", help="store the good rows of a file with faulty rows")
    command.add_argument(
        "--date-order", choices=("dmy", "mdy", "ymd"), help="the order of day, month and year, if the dates show none"
    )
    command.add_argument("--decimal", choices=("point", "comma"), help="the decimal mark, if the numbers show none")
    command.add_argument("--json", action="store_true", help="print the answer as JSON")
