"""The commands status, stop and logs, for a stack that another command started."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from cli.arguments.management import LOGS
from cli.arguments.values import NOTHING_RUNS
from cli.output.terminal import Paint
from local_stack.ports import Ports
from local_stack.processes.interrupts import Interrupts
from local_stack.processes.pid_files import find_holder
from local_stack.processes.probes import LOOPBACK, is_listening, is_stockcast, readiness_problem
from local_stack.programs import ROOT, data_folder
from local_stack.stack import StackFailed
from local_stack.supervisor import STOP_SECONDS

_PAUSE = 0.1
_MARGIN_SECONDS = 30.0
"""The time that a busy machine needs to end a stack after its hanging programs were killed."""
_LINES = "50"
_HEALTHY = "healthy"


def show_status(ports: Ports, paint: Paint) -> int:
    """Print the parts of a stack with their ports and health. Return the exit status."""
    others = [f"also running: http://{LOOPBACK}:{port}" for port in _running_ports() if port != ports.web]
    if _find_owner(ports) is None and not is_stockcast(ports.web):
        print(f"nothing runs on port {ports.web}; start it with ./run_app.sh", *others, sep="\n")
        return NOTHING_RUNS
    parts = _parts(ports)
    print(paint.bold(f"Stockcast at http://{LOOPBACK}:{ports.web}"))
    for part in parts:
        colour = paint.green if part.state == _HEALTHY else paint.red
        health = f"  (health: http://{LOOPBACK}:{part.health_port}/readyz)" if part.health_port else ""
        print(f"  {part.name:<13} {LOOPBACK}:{part.port:<6} {colour(part.state)}{health}")
    print(f"  {'data, logs':<13} {_data_location(ports)}", *others, sep="\n")
    return 0 if all(part.state == _HEALTHY for part in parts) else 1


@dataclass(frozen=True)
class _Part:
    """A program of the stack: its port, its state, and its health port if that is another one."""

    name: str
    port: int
    state: str
    health_port: int | None = None


def _parts(ports: Ports) -> list[_Part]:
    programs = [("redis", ports.redis), ("object_store", ports.object_store)]
    if is_listening(ports.prometheus):
        programs.append(("prometheus", ports.prometheus))
    schedule = ports.schedule_health
    return [
        _Part("web", ports.web, _health(ports.web)),
        _Part("ingestion", ports.ingestion, _health(ports.ingestion_health), ports.ingestion_health),
        _Part("forecast", ports.forecast, _health(ports.forecast_health), ports.forecast_health),
        *([_Part("schedule", schedule, _health(schedule))] if is_listening(schedule) else []),
        *(_Part(name, port, _HEALTHY if is_listening(port) else "does not answer") for name, port in programs),
    ]


def _health(port: int) -> str:
    return readiness_problem(port) or _HEALTHY


def _data_location(ports: Ports) -> str:
    if _find_owner(ports) is None:
        return "unknown: the stack was started from another folder, or is just ending"
    return str(ROOT / data_folder(ports))


def stop_stack(ports: Ports, interrupts: Interrupts) -> None:
    """Send SIGTERM to the command that started the stack, and wait for its end.

    Raises:
        StackFailed: the stack was started from another folder, or does not end.
    """
    owner = _find_owner(ports)
    if owner is None:
        if is_stockcast(ports.web):
            raise StackFailed(
                f"the stack on port {ports.web} was started from another folder; run ./run_app.sh stop there"
            )
        print(f"nothing runs on port {ports.web}")
        return
    with suppress(ProcessLookupError):
        os.kill(owner, signal.SIGTERM)
    give_up = time.monotonic() + STOP_SECONDS + _MARGIN_SECONDS
    while _find_owner(ports) == owner:
        interrupts.raise_if_any()
        if time.monotonic() > give_up:
            raise StackFailed(f"the stack on port {ports.web} does not end; end process {owner} with kill -9")
        time.sleep(_PAUSE)
    print(f"stopped http://{LOOPBACK}:{ports.web}")


def show_logs(ports: Ports, service: str | None, *, follow: bool) -> NoReturn:
    """Replace this process by ``tail`` of one service's log, or of all logs.

    Raises:
        StackFailed: there is no log.
    """
    folder = ROOT / data_folder(ports) / "logs"
    logs = [folder / f"{name}.log" for name in ([service] if service else LOGS)]
    existing = [str(log) for log in logs if log.exists()]
    if not existing:
        name = f" of {service}" if service else ""
        raise StackFailed(f"port {ports.web} has no log{name} yet; start the services with ./run_app.sh")
    sys.stdout.flush()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores SIGPIPE, and tail would inherit that
    os.execvp("tail", ["tail", "-n", _LINES, *(["-F"] if follow else []), *existing])  # noqa: S606, S607 - the machine's


def _find_owner(ports: Ports) -> int | None:
    """Return the process that started the stack and still runs, or None."""
    return find_holder(_lock_file(ports.web))


def _running_ports() -> list[int]:
    found = [int(lock.parent.name) for lock in (ROOT / ".data").glob("*/lock") if lock.parent.name.isdigit()]
    return [port for port in sorted(found) if find_holder(_lock_file(port)) is not None]


def _lock_file(port: int) -> Path:
    return ROOT / ".data" / str(port) / "lock"
