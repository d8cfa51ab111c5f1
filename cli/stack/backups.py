"""The commands backup and restore. They run the local stack's command as a process in the stack's environment."""

from __future__ import annotations

import argparse
from pathlib import Path

from cli.stack.modules import run_module
from local_stack.ports import Ports
from local_stack.processes.interrupts import Interrupts
from local_stack.programs import ROOT, data_folder
from local_stack.stack import Stack

_MODULE = "local_stack.backups"


def back_up(file: Path, stack: Stack, interrupts: Interrupts) -> int:
    """Copy the content of the stack's stores into a new file, and return the exit status."""
    with stack.use():
        return run_module(_MODULE, ["backup", str(file.absolute())], stack.environment, interrupts)


def restore(options: argparse.Namespace, stack: Stack, ports: Ports, interrupts: Interrupts) -> int:
    """Replace the content of the stack's stores by a backup, and return the exit status."""
    file = str(options.file.absolute())
    # A damaged file is reported before the stack starts.
    if status := run_module(_MODULE, ["check", file], stack.environment, interrupts):
        return status
    confirmed = ["--yes"] if options.yes else []
    keep_in = ["--keep-in", str(ROOT / data_folder(ports))]
    with stack.use():
        return run_module(_MODULE, ["restore", file, *confirmed, *keep_in], stack.environment, interrupts)
