"""The command account. It runs the web server's command in the stack's environment; no service has to run."""

from __future__ import annotations

import argparse

from cli.stack.modules import run_module
from local_stack.processes.interrupts import Interrupts
from local_stack.stack import Stack

_MODULE = "webserver.people"


def manage_accounts(options: argparse.Namespace, stack: Stack, interrupts: Interrupts) -> int:
    """Create or list accounts in the store of the stack, or make a link, and return the exit status."""
    arguments = [options.action]
    if options.action == "create" and options.admin:
        arguments.append("--admin")
    if options.action != "list":
        arguments += ["--", options.email]
    return run_module(_MODULE, arguments, stack.environment, interrupts)
