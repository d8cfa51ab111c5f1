"""The taken ports that prevent a stack's start, in words for a person."""

from __future__ import annotations

from local_stack.ports import Ports
from local_stack.processes.probes import is_free, is_stockcast


def port_problems(ports: Ports) -> list[str]:
    """Return one line for each port that is taken."""
    if is_stockcast(ports.web):
        return [already_running(ports.web)]
    taken = [port for port in ports.all() if not is_free(port)]
    return [f"port {port} {_role(port, ports)}; {elsewhere(ports.web)}" for port in taken]


def already_running(port: int) -> str:
    """Return the message that a stack runs, with ways to use it."""
    return (
        f"Stockcast is already running at http://127.0.0.1:{port}; open it in a browser, ask it with "
        f"./run_app.sh forecast TICKER, or start a second one: {_command(port)}"
    )


def _role(port: int, ports: Ports) -> str:
    if port == ports.web:
        return "is in use by another program"
    return f"is in use by another program, and the stack on port {ports.web} needs it"


def elsewhere(port: int) -> str:
    """Return the advice to start on another port."""
    return f"choose another: {_command(port)}"


def _command(port: int) -> str:
    return f"PORT={port + 50 if port < 65_000 else port - 50} ./run_app.sh"
