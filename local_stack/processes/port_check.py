"""Messages about ports in use that prevent a stack's start."""

from __future__ import annotations

from local_stack.ports import Ports
from local_stack.processes.probes import is_free, is_stockcast


def port_problems(ports: Ports) -> list[str]:
    """Return one message for each port in use."""
    if is_stockcast(ports.web):
        return [already_running_message(ports.web)]
    taken = [port for port in ports.all() if not is_free(port)]
    return [f"port {port} {_conflict(port, ports)}; {other_port_advice(ports.web)}" for port in taken]


def already_running_message(port: int) -> str:
    """Return the message that a stack is already running, with the ways to use it."""
    return (
        f"Stockcast is already running at http://127.0.0.1:{port}; open it in a browser, ask it with "
        f"./run_app.sh forecast TICKER, or start a second one: {_command(port)}"
    )


def _conflict(port: int, ports: Ports) -> str:
    if port == ports.web:
        return "is in use by another program"
    return f"is in use by another program, and the stack on port {ports.web} needs it"


def other_port_advice(port: int) -> str:
    """Return the advice to start on another port."""
    return f"choose another: {_command(port)}"


def _command(port: int) -> str:
    return f"PORT={port + 50 if port < 65_000 else port - 50} ./run_app.sh"
