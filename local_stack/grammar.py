"""The grammar of the command line. Standard library only: help and wrong usage are told before anything is set up."""

from __future__ import annotations

import argparse
from pathlib import Path

_EPILOG = """\
examples:
  ./run_app.sh                            start everything, open http://127.0.0.1:5000, end with Ctrl-C
  ./run_app.sh forecast AAPL --days 30    one forecast; writes AAPL-30d.png into the current folder
  PORT=5050 ./run_app.sh                  another port

Settings are environment variables; README.md has the table. Without any price provider's key, old sample prices
of AAPL, FB, GOOG, IBM and MSFT are used. Data and logs are in .data/PORT beside this script.
"""


def parser() -> argparse.ArgumentParser:
    """Return the grammar of the command line."""
    top = argparse.ArgumentParser(
        prog="./run_app.sh",
        description="Stockcast: a stock's price some days ahead, with an interval, a chart and its sources.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument(
        "--with-prometheus", action="store_true", help="start a Prometheus beside it that reads the measures"
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("serve", help="start everything and stay in front (the default)")
    forecast = commands.add_parser("forecast", help="make one forecast, with the running stack or one started for it")
    forecast.add_argument("ticker", help="the stock, such as AAPL")
    forecast.add_argument("--days", type=int, default=30, help="calendar days ahead, 1 to 10000 (default: 30)")
    forecast.add_argument("--level", type=float, help="probability of the interval, 0.5 to 0.99 (default: 0.8)")
    forecast.add_argument("--json", action="store_true", help="print the whole result as JSON and nothing else")
    forecast.add_argument(
        "--out", type=Path, metavar="FILE", help="where the picture goes (default: TICKER-DAYSd.png here)"
    )
    return top
