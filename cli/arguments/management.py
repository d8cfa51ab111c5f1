"""The options of the commands that manage a stack: backups, accounts, tokens, the market, the track record and logs."""

from __future__ import annotations

import argparse
from pathlib import Path

from cli.arguments.commands import Parser, add_command

LOGS = ("web", "ingestion", "forecast", "redis", "object_store", "schedule", "prometheus", "supervisord")
"""The programs of a stack that write a log."""


def add_backup(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the commands backup and restore."""
    backup = add_command(commands, "backup", "copy prices, accounts, lists and results into one file")
    backup.add_argument("file", type=Path, metavar="FILE", help="a new file, such as stockcast.zip; keep it secret")
    restore = add_command(commands, "restore", "replace prices, accounts, lists and results by those of a backup")
    restore.add_argument("file", type=Path, metavar="FILE", help="a file that backup made")
    restore.add_argument("--yes", action="store_true", help="replace the content; without it, only print what would be")


def add_accounts(command: Parser) -> None:
    """Add the commands of accounts."""
    accounts = command.add_subparsers(title="commands", dest="action", metavar="COMMAND", required=True)
    create = add_command(accounts, "create", "create an account and print a link to set its password")
    create.add_argument("email", metavar="EMAIL", help="the person's address")
    create.add_argument("--admin", action="store_true", help="make it an administrator's; the first account is one")
    add_command(accounts, "reset", "print a link to set a new password").add_argument(
        "email", metavar="EMAIL", help="the address of the account"
    )
    add_command(accounts, "list", "list the accounts")


def add_tokens(command: Parser) -> None:
    """Add the commands of tokens."""
    tokens = command.add_subparsers(title="commands", dest="action", metavar="COMMAND", required=True)
    create = add_command(tokens, "create", "create a token and print it once")
    create.add_argument("--scope", required=True, metavar="SCOPES", help="what it may do, such as read,forecast,write")
    create.add_argument("--expires", default="90d", metavar="DAYS", help="its life: 90d, or never (default: 90d)")
    create.add_argument("--name", default="", help="what it is for")
    create.add_argument("--account", metavar="EMAIL", help="whose it is (default: the machine's own account)")
    add_command(tokens, "list", "list the tokens")
    add_command(tokens, "revoke", "revoke a token").add_argument("id", metavar="ID", help="its id, as list prints it")


def add_market(command: argparse.ArgumentParser) -> None:
    """Add the options of market."""
    command.add_argument("--horizons", metavar="DAYS", help="trading days ahead, with commas (default: 5,21,63)")
    command.add_argument("--workers", metavar="N", help="processes that forecast (default: one for each core)")
    command.add_argument("--anew", action="store_true", help="delete the dataset of this evening first")


def add_track_record(command: Parser) -> None:
    """Add the commands of the track record."""
    actions = command.add_subparsers(title="commands", dest="action", metavar="COMMAND", required=True)
    add_command(actions, "score", "score the forecasts whose target day has come")
    add_command(actions, "forecast", "forecast the standing set from its new closes")
    for action, purpose in (
        ("track", "add stocks to the standing set, which is forecast every evening"),
        ("untrack", "remove stocks from the standing set"),
    ):
        add_command(actions, action, purpose).add_argument(
            "tickers", nargs="+", metavar="TICKER", help="one or more stocks, such as AAPL MSFT"
        )
    add_command(actions, "tracked", "list the standing set")
    replay = add_command(actions, "replay", "forecast the evenings of the past in a ledger of their own")
    replay.add_argument("--from", dest="start", required=True, metavar="DAY", help="the first evening: 2010-01-01")
    replay.add_argument(
        "--to", dest="end", metavar="DAY", help="the last evening (default: the last one with an outcome)"
    )
    replay.add_argument("--every", metavar="N", help="take one of N evenings, which is faster (default: 1)")
    replay.add_argument("--ticker", nargs="+", default=[], metavar="TICKER", help="stocks (default: the standing set)")
    replay.add_argument("--anew", action="store_true", help="remove the present replay first")
    export = add_command(actions, "export", "write every forecast with its outcome into a Parquet or CSV file")
    export.add_argument("file", type=Path, metavar="FILE", help="a file that ends with .parquet or .csv")
    export.add_argument(
        "--kind", metavar="KIND", help="only one kind, such as live or replay (default: all but those of the replay)"
    )
    add_command(
        actions, "verify", "check that no entry was changed or removed, and that the sums are those of the entries"
    )
    add_command(actions, "recount", "make sums anew that differ from the entries")


def add_logs(command: argparse.ArgumentParser) -> None:
    """Add the options of logs."""
    command.add_argument("service", nargs="?", choices=LOGS, metavar="SERVICE", help=f"one of {', '.join(LOGS)}")
    command.add_argument("-f", "--follow", action="store_true", help="print new lines until Ctrl-C")
