"""The options of the commands evaluate and patterns."""

from __future__ import annotations

import argparse
import re

from cli.arguments.values import FIELDS, parse_field, parse_level

_EVALUATE = """\
examples:
  ./run_app.sh evaluate AAPL                                     compare the usual models with the last price
  ./run_app.sh evaluate AAPL --days 21 --models ets,garch,blend  choose the models and the horizon
  ./run_app.sh evaluate AAPL --models prophet:0.01,prophet:0.5   Prophet with two flexibilities side by side
  ./run_app.sh evaluate AAPL --models regression --others MSFT   a regression that also sees MSFT's past
  ./run_app.sh evaluate AAPL --split 0.8                         forecast the last fifth of the history
  ./run_app.sh evaluate AAPL --hold-above 0.5 --cost 0.1         also a trading rule; it is no advice
"""
_PATTERNS = """\
examples:
  ./run_app.sh patterns AAPL --candles "G G G R"                 three green days and a red one
  ./run_app.sh patterns AAPL --candles "G>2% R" --every week     candles of weeks, with a size
  ./run_app.sh patterns AAPL --candles "bearish engulfing"       a named candlestick pattern
  ./run_app.sh patterns AAPL --turnaround 5%                     reversals up and down by 5 %
  ./run_app.sh patterns AAPL --turnaround 6moves --turn up       rises by six usual daily moves
  ./run_app.sh patterns AAPL --shape 2012-01-03..2012-03-30      similar stretches of the chart
  ./run_app.sh patterns AAPL --shape 2012-01-03..2012-03-30 --in all --dtw
"""
_TURNAROUND = re.compile(r"([0-9]*\.?[0-9]+)(%|moves?)")
_WINDOW = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.\.([0-9]{4}-[0-9]{2}-[0-9]{2})")


def add_evaluate(command: argparse.ArgumentParser) -> None:
    """Add the options of evaluate."""
    _explain(command, _EVALUATE)
    command.add_argument("ticker", metavar="TICKER", help="the stock, such as AAPL")
    command.add_argument("--days", type=int, metavar="DAYS", help="calendar days ahead, 1 to 730 (default: 30)")
    command.add_argument(
        "--models",
        type=_names,
        metavar="NAME,…",
        help="last_price, drift, blend, prophet, ets, theta, arima, garch, regression, prophet:PRIOR, or models that "
        "the server adds (default: last_price,drift,blend,prophet,ets)",
    )
    command.add_argument("--origins", type=int, metavar="N", help="past days to forecast from, 4 to 250 (default: 40)")
    command.add_argument("--field", type=parse_field, choices=FIELDS, help="what to forecast (default: close)")
    command.add_argument("--level", type=parse_level, help="probability of the interval, 0.5 to 0.99 (default: 0.8)")
    command.add_argument(
        "--split",
        type=_number,
        metavar="FRACTION",
        help="make no forecast in this fraction of the history, and forecast the rest in up to 250 steps: 0.8",
    )
    command.add_argument("--others", type=_names, metavar="TICKER,…", help="stocks whose past the regression sees too")
    command.add_argument(
        "--hold-above",
        type=_number,
        metavar="CHANCE",
        help="also report a trading rule: hold while the chance of a gain is above this one, such as 0.5",
    )
    command.add_argument("--cost", type=_number, metavar="PERCENT", help="the rule's cost of a trade (default: 0.1)")
    command.add_argument("--json", action="store_true", help="print the whole result as one JSON document only")


def add_patterns(command: argparse.ArgumentParser) -> None:
    """Add the options of patterns. Each pattern option may be repeated."""
    _explain(command, _PATTERNS)
    command.add_argument("ticker", metavar="TICKER", help="the stock, such as AAPL")
    command.add_argument(
        "--candles",
        action="append",
        default=[],
        metavar="TEXT",
        help="candles, oldest first: G green, R red, D doji, * any, with sizes such as G>2%%; or a name such as hammer",
    )
    command.add_argument(
        "--every", choices=("day", "week", "month"), default="day", help="the time of one candle (default: %(default)s)"
    )
    command.add_argument(
        "--turnaround",
        action="append",
        default=[],
        type=_turnaround,
        metavar="SIZE",
        help="reversals by a threshold: 5%% of the extreme, or 6moves (usual daily moves)",
    )
    command.add_argument("--turn", choices=("up", "down"), help="only reversals up or down (default: both)")
    command.add_argument(
        "--shape",
        action="append",
        default=[],
        type=_shape,
        metavar="FIRST..LAST",
        help="the stock's chart between two days, or 10 to 250 numbers separated by commas",
    )
    command.add_argument("--similarity", type=_number, metavar="R", help="a shape's least correlation (default: 0.9)")
    command.add_argument("--dtw", action="store_true", help="rank similar shapes by dynamic time warping")
    command.add_argument(
        "--in", dest="where", type=_names, metavar="TICKER,…|all", help="search these stocks too, or all stored ones"
    )
    command.add_argument("--hits", type=int, default=10, metavar="N", help="hits to list, 0 to 100 (default: 10)")
    command.add_argument("--json", action="store_true", help="print the whole result as one JSON document only")


def _explain(command: argparse.ArgumentParser, examples: str) -> None:
    command.epilog = examples
    command.formatter_class = argparse.RawDescriptionHelpFormatter


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise argparse.ArgumentTypeError(f"{text!r} has no name")
    return names


def _number(text: str) -> float:
    if not re.fullmatch(r"\+?(?:[0-9]+\.?[0-9]*|\.[0-9]+)", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number, such as 0.8")
    return float(text)


def _turnaround(text: str) -> dict[str, object]:
    found = _TURNAROUND.fullmatch(text.strip().replace(" ", ""))
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size, such as 5% or 6moves")
    return {"percent" if found[2] == "%" else "usual_moves": float(found[1])}


def _shape(text: str) -> dict[str, object]:
    if found := _WINDOW.fullmatch(text.strip()):
        return {"start": found[1], "end": found[2]}
    try:
        return {"numbers": [float(number) for number in text.split(",")]}
    except ValueError as exc:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither two days, such as 2012-01-03..2012-03-30, nor numbers such as 1,2,3"
        ) from exc
