"""The command track-record. It runs the web server's command, or another one, in the stack's environment."""

from __future__ import annotations

import argparse

from cli.stack.modules import run_module
from local_stack.processes.interrupts import Interrupts
from local_stack.stack import Stack

_MODULE = "webserver.track_record"
_REPLAY = "forecast_service.replay"
_EXPORT = "local_stack.exports"
_WITHOUT_SERVICES = {"track", "untrack", "tracked"}
"""The actions that need the SQL store alone."""


def manage_track_record(options: argparse.Namespace, stack: Stack, interrupts: Interrupts) -> int:
    """Run an action on the track record, and return the exit status."""
    if options.action == "replay":
        with stack.use():
            return run_module(_REPLAY, _replay_arguments(options), stack.environment, interrupts)
    if options.action == "export":
        kind = [f"--kind={options.kind}"] if options.kind else []
        file = str(options.file.absolute())
        return run_module(_EXPORT, [*kind, "--", file], stack.environment, interrupts)
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
