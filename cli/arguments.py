"""The grammar of the command line. Standard library only: help and wrong usage are told before anything is set up."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

LOGS = ("web", "ingestion", "forecast", "redis", "object_store", "prometheus", "supervisord")
"""Whose logs there are: those of the programs of a stack, and of the one that keeps them running."""
MODELS = ("blend", "prophet", "last_price")
"""The models that a forecast can be asked from; the first is the default."""
FAILED, WRONG_USAGE = 1, 2
"""Exit statuses; argparse, too, ends wrong usage with 2."""
NOTHING_RUNS = 3
"""The exit status of ``status`` where nothing runs on the port."""

_EPILOG = """\
examples:
  ./run_app.sh                              start everything, open http://127.0.0.1:5000, end with Ctrl-C
  ./run_app.sh forecast AAPL --days 30      one forecast; writes AAPL-30d.png into the current folder
  ./run_app.sh forecast AAPL MSFT --csv     several, as a table for a spreadsheet
  ./run_app.sh backtest AAPL                how far such forecasts of this stock have been off
  ./run_app.sh status                       what runs, where, and whether it is healthy
  PORT=5050 ./run_app.sh                    another port; each port has a stack of its own

A command that asks uses the stack that runs on the port, or starts one and stops it at the end.
"./run_app.sh COMMAND --help" explains one command.

Settings are environment variables; docs/operator/settings.md has the table. Without any price provider's key, prices
come from Yahoo, where it can be reached, else from an old sample of AAPL, FB, GOOG, IBM and MSFT. Data and logs are
in .data/PORT beside this script. Colour and progress are for terminals only; NO_COLOR=1 leaves out the colour.

exit status:
  0    done; also a stack that was asked to end, at whatever moment
  1    something failed, with the reason on standard error; of several tickers: any (the others are still answered)
  2    wrong usage: nothing was begun
  3    status: nothing runs on the port
  130  another command was ended by Ctrl-C (143: by SIGTERM, 129: by SIGHUP, 141: its reader went away)
"""


class Parser(argparse.ArgumentParser):
    """A parser that refuses an unknown option by its name, before it looks for what is missing."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse as the base class does, after the check of the options."""
        given = list(sys.argv[1:] if args is None else args)
        self._refuse_unknown_option(given)
        return super().parse_known_args(given, namespace)

    def _refuse_unknown_option(self, given: Sequence[str]) -> None:
        """End with wrong usage at the first unknown option; options behind a command's name are that command's."""
        known = self._option_string_actions
        for word in given:
            name = word.partition("=")[0]
            if word == "--" or (self._subparsers is not None and not word.startswith("-")):
                return
            if re.match(r"--?[A-Za-z]", word) and name not in known and name[:2] not in known:
                near = get_close_matches(name, known, n=1, cutoff=0.7)
                self.error(f"unknown option {name}" + (f"; did you mean {near[0]}?" if near else ""))


def parser() -> Parser:
    """Return the grammar of the command line."""
    top = Parser(
        prog="./run_app.sh",
        usage="./run_app.sh [--with-prometheus] [COMMAND …]",
        description="Stockcast: a stock's price some days ahead, with an interval, a chart and its sources.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_prometheus(top, default=False)
    commands = top.add_subparsers(prog="./run_app.sh", title="commands", dest="command", metavar="COMMAND")
    serve = _add(commands, "serve", "start everything and stay in front (what happens without a command)")
    _add_prometheus(serve, default=argparse.SUPPRESS)  # said before the command, it stays said
    _add_forecast(_add(commands, "forecast", "the price some days ahead, with an interval and a chart"))
    _add_question(_add(commands, "backtest", "how far such forecasts of a stock have been off, one by one"))
    _add_refresh(_add(commands, "refresh", "bring stored prices up to date"))
    _add(commands, "status", "what runs, where, and whether it is healthy")
    _add(commands, "stop", "end the stack that runs on the port")
    _add_logs(_add(commands, "logs", "what the services said last"))
    return top


def _add(commands: argparse._SubParsersAction[Parser], name: str, purpose: str) -> Parser:
    description = f"{purpose[0].upper()}{purpose[1:]}."
    return commands.add_parser(name, help=purpose, description=description, allow_abbrev=False)


def _add_prometheus(command: argparse.ArgumentParser, default: object) -> None:
    purpose = "start a Prometheus beside it that reads the measures"
    command.add_argument("--with-prometheus", action="store_true", default=default, help=purpose)


def _add_question(command: argparse.ArgumentParser) -> None:
    command.add_argument("tickers", nargs="+", metavar="TICKER", help="a stock, such as AAPL; several may be named")
    command.add_argument("--days", type=_days, default=30, help="calendar days ahead, 1 to 10000 (default: 30)")
    command.add_argument("--level", type=_level, help="probability of the interval, 0.5 to 0.99 (default: 0.8)")
    command.add_argument(
        "--model", type=_model, choices=MODELS, default=MODELS[0], help="the model (default: %(default)s)"
    )
    shape = command.add_mutually_exclusive_group()
    shape.add_argument(
        "--json", action="store_true", help="print all as one JSON document and nothing else: a list, if several"
    )
    shape.add_argument("--csv", action="store_true", help="print a table as CSV and nothing else")


def _model(text: str) -> str:
    """Read a model's name; a misspelt one is refused with the nearest name."""
    near = get_close_matches(text.casefold(), MODELS, n=1, cutoff=0.7)
    if near and text not in MODELS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a model; did you mean {near[0]}?")
    return text


def _days(text: str) -> int:
    """Read what the API would take for a number of days, too: int() alone knows other digits and underscores."""
    if not re.fullmatch(r"\+?[0-9]{1,9}", text) or not 1 <= int(text) <= 10_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 10000")
    return int(text)


def _level(text: str) -> float:
    if not re.fullmatch(r"\+?[0-9]*\.?[0-9]+", text) or not 0.5 <= float(text) <= 0.99:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0.5 to 0.99, such as 0.9")
    return float(text)


def _add_forecast(command: argparse.ArgumentParser) -> None:
    _add_question(command)
    command.add_argument(
        "--out",
        type=Path,
        metavar="PATH",
        help="the picture's file or folder (default: TICKER-DAYSd.png here)",
    )


def _add_refresh(command: argparse.ArgumentParser) -> None:
    which = command.add_mutually_exclusive_group(required=True)
    which.add_argument("tickers", nargs="*", default=[], metavar="TICKER", help="such as AAPL BRK-B")
    which.add_argument("--tracked", action="store_true", help="every ticker that is stored")
    which.add_argument("--top50", action="store_true", help="fifty large American stocks")
    command.add_argument("--interval", choices=("1d", "1h", "5min"), default="1d", help="how far apart (default: 1d)")


def _add_logs(command: argparse.ArgumentParser) -> None:
    command.add_argument("service", nargs="?", choices=LOGS, metavar="SERVICE", help=f"one of {', '.join(LOGS)}")
    command.add_argument("-f", "--follow", action="store_true", help="go on with what is said from now on")
