"""The options of the commands that ask the services: forecast, backtest and refresh."""

from __future__ import annotations

import argparse
from pathlib import Path

from cli.arguments.values import (
    FIELDS,
    MODELS,
    parse_days,
    parse_field,
    parse_history_days,
    parse_level,
    parse_model,
    parse_price,
)


def add_question(command: argparse.ArgumentParser) -> None:
    """Add the options of a question about stocks, and of its output."""
    _add_stocks(command)
    output_format = command.add_mutually_exclusive_group()
    output_format.add_argument(
        "--json", action="store_true", help="print one JSON document only; a list for several tickers"
    )
    output_format.add_argument("--csv", action="store_true", help="print a CSV table only")


def add_report(command: argparse.ArgumentParser) -> None:
    """Add the options of report."""
    _add_stocks(command)
    command.add_argument(
        "--out", type=Path, metavar="FOLDER", help="folder for the two files, made if missing (default: this folder)"
    )
    command.add_argument("--title", help="the title of the document (default: it names the stocks)")


def _add_stocks(command: argparse.ArgumentParser) -> None:
    """Add the stocks and the parts of their question."""
    command.add_argument("tickers", nargs="+", metavar="TICKER", help="one or more stocks, such as AAPL MSFT")
    command.add_argument("--days", type=parse_days, default=30, help="calendar days ahead, 1 to 10000 (default: 30)")
    command.add_argument("--level", type=parse_level, help="probability of the interval, 0.5 to 0.99 (default: 0.8)")
    command.add_argument(
        "--model", type=parse_model, choices=MODELS, default=MODELS[0], help="the model (default: %(default)s)"
    )
    command.add_argument(
        "--field", type=parse_field, choices=FIELDS, default=FIELDS[0], help="what to forecast (default: %(default)s)"
    )
    command.add_argument(
        "--history-days",
        type=parse_history_days,
        metavar="DAYS",
        help="use only so many calendar days of the past, 60 to 3653 (default: ten years)",
    )


def add_forecast(command: argparse.ArgumentParser) -> None:
    """Add the options of forecast."""
    add_question(command)
    ends = "also print the probability of a close above this price on the target date"
    command.add_argument("--above", type=parse_price, metavar="PRICE", help=ends)
    touches = "also print the probability that a close reaches this price by the target date"
    command.add_argument("--touch", type=parse_price, metavar="PRICE", help=touches)
    command.add_argument(
        "--out",
        type=Path,
        metavar="PATH",
        help="file or folder for the chart (default: TICKER-DAYSd.png in the current folder, with the field unless it "
        "is the close)",
    )


def add_refresh(command: argparse.ArgumentParser) -> None:
    """Add the options of refresh."""
    which = command.add_mutually_exclusive_group(required=True)
    which.add_argument("tickers", nargs="*", default=[], metavar="TICKER", help="stocks, such as AAPL BRK-B")
    which.add_argument("--tracked", action="store_true", help="all stored tickers")
    which.add_argument("--top50", action="store_true", help="fifty large American stocks")
    command.add_argument(
        "--interval", choices=("1d", "1h", "5min"), default="1d", help="time between prices (default: 1d)"
    )
