"""The command track-record. It runs the web server's command as a process in the stack's environment."""

from __future__ import annotations

import argparse

from cli.stack_modules import run_module
from local_stack.processes.interrupts import Interrupts
from local_stack.stack import Stack

_MODULE = "webserver.track_record"
_WITHOUT_SERVICES = {"track", "untrack", "tracked"}
"""The actions that need the SQL store alone."""


def manage_track_record(options: argparse.Namespace, stack: Stack, interrupts: Interrupts) -> int:
    """Score or forecast, change the standing set, or check the record, and return the exit status."""
    arguments = [options.action]
    if options.action in {"track", "untrack"}:
        arguments += ["--", *options.tickers]
    if options.action in _WITHOUT_SERVICES:
        return run_module(_MODULE, arguments, stack.environment, interrupts)
    with stack.use():
        return run_module(_MODULE, arguments, stack.environment, interrupts)
