"""The command track-record. It runs the web server's command as a process in the stack's environment."""

from __future__ import annotations

import argparse

from cli.stack.modules import run_module
from local_stack.processes.interrupts import Interrupts
from local_stack.stack import Stack

_MODULE = "webserver.track_record"
_REPLAY = "forecast_service.replay"
_WITHOUT_SERVICES = {"track", "untrack", "tracked"}
"""The actions that need the SQL store alone."""


def manage_track_record(options: argparse.Namespace, stack: Stack, interrupts: Interrupts) -> int:
    """Score or forecast, change the standing set, replay the past, or check the record; return the exit status."""
    if options.action == "replay":
        with stack.use():
            return run_module(_REPLAY, _replay_arguments(options), stack.environment, interrupts)
    arguments = [options.action]
    if options.action in {"track", "untrack"}:
        arguments += ["--", *options.tickers]
    if options.action in _WITHOUT_SERVICES:
        return run_module(_MODULE, arguments, stack.environment, interrupts)
    with stack.use():
        return run_module(_MODULE, arguments, stack.environment, interrupts)


def _replay_arguments(options: argparse.Namespace) -> list[str]:
    chosen = {"--from": options.start, "--to": options.end, "--every": options.every}
    values = [f"{name}={value}" for name, value in chosen.items() if value is not None]
    tickers = ["--ticker", *options.ticker] if options.ticker else []
    return [*values, *(["--anew"] if options.anew else []), *tickers]
