"""The command market. It runs the forecast service's nightly run as a process in the stack's environment."""

from __future__ import annotations

import argparse

from cli.stack.modules import run_module
from local_stack.processes.interrupts import Interrupts
from local_stack.stack import Stack

_MODULE = "forecast_service.market"


def forecast_market(options: argparse.Namespace, stack: Stack, interrupts: Interrupts) -> int:
    """Forecast every stored ticker into the dataset; return the exit status."""
    chosen = {"--horizons": options.horizons, "--workers": options.workers}
    arguments = [f"{name}={value}" for name, value in chosen.items() if value is not None]
    with stack.use():
        return run_module(_MODULE, [*arguments, *(["--anew"] if options.anew else [])], stack.environment, interrupts)
