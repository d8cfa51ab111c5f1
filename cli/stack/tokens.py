"""The command token. It runs the web server's command as a process in the stack's environment; no service is needed."""

from __future__ import annotations

import argparse

from cli.stack.modules import run_module
from local_stack.processes.interrupts import Interrupts
from local_stack.stack import Stack

_MODULE = "webserver.accounts"


def manage_tokens(options: argparse.Namespace, stack: Stack, interrupts: Interrupts) -> int:
    """Create, list or revoke API tokens in the store of the stack, and return the exit status."""
    arguments = ["token", options.action]
    if options.action == "create":
        account = [f"--account={options.account}"] if options.account is not None else []
        arguments += [f"--scope={options.scope}", f"--expires={options.expires}", f"--name={options.name}", *account]
    elif options.action == "revoke":
        arguments += ["--", options.id]
    return run_module(_MODULE, arguments, stack.environment, interrupts)
