"""The arguments of the command line.

This module imports the standard library only, because --help and wrong usage need no environment.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

LOGS = ("web", "ingestion", "forecast", "redis", "object_store", "schedule", "prometheus", "supervisord")
"""The programs of a stack that write a log."""
MODELS = ("blend", "prophet", "last_price")
"""The models; the first is the default."""
FAILED, WRONG_USAGE = 1, 2
"""Exit statuses; argparse also exits with 2."""
NOTHING_RUNS = 3
"""The exit status of ``status`` without a stack on the port."""

_EPILOG = """\
examples:
  ./run_app.sh                              start the services at http://127.0.0.1:5000; Ctrl-C stops them
  ./run_app.sh forecast AAPL --days 30      print a forecast and write its chart to AAPL-30d.png
  ./run_app.sh forecast AAPL MSFT --csv     print several forecasts as a table for a spreadsheet
  ./run_app.sh forecast AAPL --above 450    also print how likely the stock is to end above a price
  ./run_app.sh backtest AAPL                compare past forecasts of a stock with its prices
  ./run_app.sh backup stockcast.zip         copy the stores into a file; restore brings them back
  ./run_app.sh account create EMAIL         create an account; with AUTH=on people log in
  ./run_app.sh token create --scope read    create an API token; the commands send STOCKCAST_TOKEN
  ./run_app.sh status                       print which services run and whether they are healthy
  PORT=5050 ./run_app.sh                    use another port; each port has its own services and data

forecast, backtest, refresh, backup, restore and track-record use the services that run on the port. Without any,
they start them and stop them at the end. "./run_app.sh COMMAND --help" explains one command.

Settings are environment variables; docs/operator/settings.md lists them. Without a price provider's key, prices
come from Yahoo. Without a network, they are an old sample of AAPL, FB, GOOG, IBM and MSFT. Data and logs are in
.data/PORT beside this script. Colour and progress appear on terminals only; NO_COLOR=1 turns the colour off.

exit status:
  0    success; also services that were stopped by Ctrl-C or a signal
  1    failure, with the reason on standard error; one failed ticker is enough, the others are still printed
  2    wrong usage; nothing was started
  3    status: no services run on the port
  130  another command was stopped by Ctrl-C (143: SIGTERM, 129: SIGHUP, 141: its output was closed)
"""


class Parser(argparse.ArgumentParser):
    """A parser that reports an unknown option before a missing argument."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse the arguments. Exit with 2 at an unknown option."""
        given = list(sys.argv[1:] if args is None else args)
        self._check_options(given)
        return super().parse_known_args(given, namespace)

    def _check_options(self, given: Sequence[str]) -> None:
        """Exit with 2 at the first unknown option. A command's own parser checks the options after its name."""
        known = self._option_string_actions
        for word in given:
            name = word.partition("=")[0]
            if word == "--" or (self._subparsers is not None and not word.startswith("-")):
                return
            if re.match(r"--?[A-Za-z]", word) and name not in known and name[:2] not in known:
                near = get_close_matches(name, known, n=1, cutoff=0.7)
                self.error(f"unknown option {name}" + (f"; did you mean {near[0]}?" if near else ""))


def parser() -> Parser:
    """Return the parser of the command line."""
    top = Parser(
        prog="./run_app.sh",
        usage="./run_app.sh [--with-prometheus] [COMMAND …]",
        description="Forecast a stock's price, with an interval, a chart and the source of the prices.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_prometheus(top, default=False)
    commands = top.add_subparsers(prog="./run_app.sh", title="commands", dest="command", metavar="COMMAND")
    serve = _add(commands, "serve", "start the services and run until Ctrl-C (the default command)")
    _add_prometheus(serve, default=argparse.SUPPRESS)  # keeps the value of an option before the command
    _add_forecast(_add(commands, "forecast", "forecast the price of stocks, with an interval and a chart"))
    _add_question(_add(commands, "backtest", "compare past forecasts of stocks with the actual prices"))
    _add_refresh(_add(commands, "refresh", "update the stored prices"))
    _add_backup(commands)
    _add_accounts(_add(commands, "account", "create and list people's accounts"))
    _add_tokens(_add(commands, "token", "create, list and revoke API tokens"))
    _add(commands, "status", "print which services run, on which ports, and their health")
    _add(commands, "stop", "stop the services on the port")
    _add_track_record(
        _add(commands, "track-record", "score past forecasts, choose what is forecast every evening, check the record")
    )
    _add_logs(_add(commands, "logs", "print the last lines of the services' logs"))
    return top


def _add(commands: argparse._SubParsersAction[Parser], name: str, purpose: str) -> Parser:
    description = f"{purpose[0].upper()}{purpose[1:]}."
    return commands.add_parser(name, help=purpose, description=description, allow_abbrev=False)


def _add_prometheus(command: argparse.ArgumentParser, default: object) -> None:
    purpose = "also start a Prometheus that reads the metrics"
    command.add_argument("--with-prometheus", action="store_true", default=default, help=purpose)


def _add_question(command: argparse.ArgumentParser) -> None:
    command.add_argument("tickers", nargs="+", metavar="TICKER", help="one or more stocks, such as AAPL MSFT")
    command.add_argument("--days", type=_days, default=30, help="calendar days ahead, 1 to 10000 (default: 30)")
    command.add_argument("--level", type=_level, help="probability of the interval, 0.5 to 0.99 (default: 0.8)")
    command.add_argument(
        "--model", type=_model, choices=MODELS, default=MODELS[0], help="the model (default: %(default)s)"
    )
    output_format = command.add_mutually_exclusive_group()
    output_format.add_argument(
        "--json", action="store_true", help="print one JSON document only; a list for several tickers"
    )
    output_format.add_argument("--csv", action="store_true", help="print a CSV table only")


def _model(text: str) -> str:
    """Return the model, or suggest the nearest one for a misspelt model."""
    near = get_close_matches(text.casefold(), MODELS, n=1, cutoff=0.7)
    if near and text not in MODELS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a model; did you mean {near[0]}?")
    return text


def _days(text: str) -> int:
    """Parse a number of days as the API does. int() alone would also accept other digits and underscores."""
    if not re.fullmatch(r"\+?[0-9]{1,9}", text) or not 1 <= int(text) <= 10_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 10000")
    return int(text)


def _level(text: str) -> float:
    if not re.fullmatch(r"\+?[0-9]*\.?[0-9]+", text) or not 0.5 <= float(text) <= 0.99:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0.5 to 0.99, such as 0.9")
    return float(text)


def _price(text: str) -> float:
    price = float(text) if re.fullmatch(r"\+?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", text) else math.nan
    if not 0 < price < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number, such as 450")
    return price


def _add_forecast(command: argparse.ArgumentParser) -> None:
    _add_question(command)
    ends = "also print the probability of a close above this price on the target date"
    command.add_argument("--above", type=_price, metavar="PRICE", help=ends)
    touches = "also print the probability that a close reaches this price by the target date"
    command.add_argument("--touch", type=_price, metavar="PRICE", help=touches)
    command.add_argument(
        "--out",
        type=Path,
        metavar="PATH",
        help="file or folder for the chart (default: TICKER-DAYSd.png in the current folder)",
    )


def _add_refresh(command: argparse.ArgumentParser) -> None:
    which = command.add_mutually_exclusive_group(required=True)
    which.add_argument("tickers", nargs="*", default=[], metavar="TICKER", help="stocks, such as AAPL BRK-B")
    which.add_argument("--tracked", action="store_true", help="all stored tickers")
    which.add_argument("--top50", action="store_true", help="fifty large American stocks")
    command.add_argument(
        "--interval", choices=("1d", "1h", "5min"), default="1d", help="time between prices (default: 1d)"
    )


def _add_backup(commands: argparse._SubParsersAction[Parser]) -> None:
    backup = _add(commands, "backup", "copy prices, accounts, lists and results into one file")
    backup.add_argument("file", type=Path, metavar="FILE", help="a new file, such as stockcast.zip; keep it secret")
    restore = _add(commands, "restore", "replace prices, accounts, lists and results by those of a backup")
    restore.add_argument("file", type=Path, metavar="FILE", help="a file that backup made")
    restore.add_argument("--yes", action="store_true", help="replace the content; without it, only print what would be")


def _add_accounts(command: Parser) -> None:
    accounts = command.add_subparsers(title="commands", dest="action", metavar="COMMAND", required=True)
    create = _add(accounts, "create", "create an account and print a link to set its password")
    create.add_argument("email", metavar="EMAIL", help="the person's address")
    create.add_argument("--admin", action="store_true", help="make it an administrator's; the first account is one")
    _add(accounts, "reset", "print a link to set a new password").add_argument(
        "email", metavar="EMAIL", help="the address of the account"
    )
    _add(accounts, "list", "list the accounts")


def _add_tokens(command: Parser) -> None:
    tokens = command.add_subparsers(title="commands", dest="action", metavar="COMMAND", required=True)
    create = _add(tokens, "create", "create a token and print it once")
    create.add_argument("--scope", required=True, metavar="SCOPES", help="what it may do, such as read,forecast,write")
    create.add_argument("--expires", default="90d", metavar="DAYS", help="its life: 90d, or never (default: 90d)")
    create.add_argument("--name", default="", help="what it is for")
    create.add_argument("--account", metavar="EMAIL", help="whose it is (default: the machine's own account)")
    _add(tokens, "list", "list the tokens")
    _add(tokens, "revoke", "revoke a token").add_argument("id", metavar="ID", help="its id, as list prints it")


def _add_track_record(command: Parser) -> None:
    actions = command.add_subparsers(title="commands", dest="action", metavar="COMMAND", required=True)
    _add(actions, "score", "score the forecasts whose target day has come")
    _add(actions, "forecast", "forecast the standing set from its new closes")
    for action, purpose in (
        ("track", "add stocks to the standing set, which is forecast every evening"),
        ("untrack", "remove stocks from the standing set"),
    ):
        _add(actions, action, purpose).add_argument(
            "tickers", nargs="+", metavar="TICKER", help="one or more stocks, such as AAPL MSFT"
        )
    _add(actions, "tracked", "list the standing set")
    replay = _add(actions, "replay", "forecast the evenings of the past in a ledger of their own")
    replay.add_argument("--from", dest="start", required=True, metavar="DAY", help="the first evening: 2010-01-01")
    replay.add_argument(
        "--to", dest="end", metavar="DAY", help="the last evening (default: the last one with an outcome)"
    )
    replay.add_argument("--every", metavar="N", help="take one of N evenings, which is faster (default: 1)")
    replay.add_argument("--ticker", nargs="+", default=[], metavar="TICKER", help="stocks (default: the standing set)")
    replay.add_argument("--anew", action="store_true", help="remove the present replay first")
    _add(actions, "verify", "check that no entry was changed or removed, and that the sums are those of the entries")
    _add(actions, "recount", "make sums anew that differ from the entries")


def _add_logs(command: argparse.ArgumentParser) -> None:
    command.add_argument("service", nargs="?", choices=LOGS, metavar="SERVICE", help=f"one of {', '.join(LOGS)}")
    command.add_argument("-f", "--follow", action="store_true", help="print new lines until Ctrl-C")
