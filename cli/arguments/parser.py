"""The parser of the command line."""

from __future__ import annotations

import argparse

from cli.arguments.analyses import add_evaluate, add_patterns
from cli.arguments.commands import Parser, add_command
from cli.arguments.management import add_accounts, add_backup, add_logs, add_market, add_tokens, add_track_record
from cli.arguments.questions import add_forecast, add_question, add_refresh, add_report
from cli.arguments.uploads import add_upload
from common.runtime.version import VERSION

_EPILOG = """\
examples:
  ./run_app.sh                              start the services at http://127.0.0.1:5000; Ctrl-C stops them
  ./run_app.sh forecast AAPL --days 30      print a forecast and write its chart to AAPL-30d.png
  ./run_app.sh forecast AAPL MSFT --csv     print several forecasts as a table for a spreadsheet
  ./run_app.sh forecast AAPL --above 450    also print how likely the stock is to end above a price
  ./run_app.sh report AAPL MSFT --out docs  write a PDF and an HTML page of two pages a stock
  ./run_app.sh backtest AAPL                compare past forecasts of a stock with its prices
  ./run_app.sh evaluate AAPL --models ets   compare models with the last price on the past of a stock
  ./run_app.sh patterns AAPL --candles GGR  find patterns, and what followed beside what usually follows
  ./run_app.sh backup stockcast.zip         copy the stores into a file; restore brings them back
  ./run_app.sh account create EMAIL         create an account; with AUTH=on people log in
  ./run_app.sh token create --scope read    create an API token; the commands send STOCKCAST_TOKEN
  ./run_app.sh status                       print which services run and whether they are healthy
  PORT=5050 ./run_app.sh                    use another port; each port has its own services and data

forecast, report, backtest, evaluate, patterns, refresh, market, backup, restore and track-record use the services
that run on the port. Without any, they start them and stop them at the end. "./run_app.sh COMMAND --help" explains
one command.

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


def parser() -> Parser:
    """Return the parser of the command line."""
    top = Parser(
        prog="./run_app.sh",
        usage="./run_app.sh [--version] [--with-prometheus] [COMMAND …]",
        description="Forecast a stock's price, with an interval, a chart and the source of the prices.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"Stockcast {VERSION}", help="print the version and exit")
    _add_prometheus(top, default=False)
    commands = top.add_subparsers(prog="./run_app.sh", title="commands", dest="command", metavar="COMMAND")
    serve = add_command(commands, "serve", "start the services and run until Ctrl-C (the default command)")
    _add_prometheus(serve, default=argparse.SUPPRESS)  # keeps the value of an option before the command
    add_forecast(add_command(commands, "forecast", "forecast the price of stocks, with an interval and a chart"))
    add_question(add_command(commands, "backtest", "compare past forecasts of stocks with the actual prices"))
    add_report(add_command(commands, "report", "write forecasts of stocks as one document, a PDF and an HTML page"))
    add_evaluate(add_command(commands, "evaluate", "compare models on the past of a stock, with the last price beside"))
    add_patterns(add_command(commands, "patterns", "find patterns in charts, and what followed beside other days"))
    add_refresh(add_command(commands, "refresh", "update the stored prices"))
    add_upload(add_command(commands, "upload", "store a file of your own as the prices of a ticker"))
    add_backup(commands)
    add_accounts(add_command(commands, "account", "create and list people's accounts"))
    add_tokens(add_command(commands, "token", "create, list and revoke API tokens"))
    add_command(commands, "status", "print which services run, on which ports, and their health")
    add_command(commands, "stop", "stop the services on the port")
    add_market(add_command(commands, "market", "forecast every stored stock into a dataset of Parquet files"))
    add_track_record(
        add_command(
            commands, "track-record", "score past forecasts, choose what is forecast every evening, check the record"
        )
    )
    add_logs(add_command(commands, "logs", "print the last lines of the services' logs"))
    return top


def _add_prometheus(command: argparse.ArgumentParser, default: object) -> None:
    purpose = "also start a Prometheus that reads the metrics"
    command.add_argument("--with-prometheus", action="store_true", default=default, help=purpose)
