"""The command track-record. It runs the web server's command as a process in the stack's environment."""

from __future__ import annotations

import argparse

from cli.stack_modules import run_module
from local_stack.processes.interrupts import Interrupts
from local_stack.stack import Stack

_MODULE = "webserver.track_record"


def manage_track_record(options: argparse.Namespace, stack: Stack, interrupts: Interrupts) -> int:
    """Score what came due, or check the record, and return the exit status."""
    with stack.use():
        return run_module(_MODULE, [options.action], stack.environment, interrupts)
