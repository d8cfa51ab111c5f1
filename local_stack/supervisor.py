"""The supervisord that starts, restarts and stops the programs of a local stack.

The settings of the services go to them through the environment of supervisord, never through its configuration file or
an argument: the caller's provider keys are among them.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from local_stack.processes.parent_death_signal import tied_command
from local_stack.processes.pid_files import holder
from local_stack.programs import ROOT, STORES, Program

STOP_SECONDS = 9.0
"""The limit of an orderly stop: more than those of services, object store and Redis together."""

_NO_SIGNAL = 0
_LONGEST_FOLDER = 70
"""Bytes: the path of a socket has at most 107, and multiprocessing adds 32 to its folder's."""

_HEAD = """\
[supervisord]
nodaemon = true
silent = true
logfile = {data}/logs/supervisord.log
logfile_maxbytes = 1MB
logfile_backups = 1
pidfile = {data}/supervisord.pid
childlogdir = {data}/logs
"""

# SIGKILL goes to the group, so that no worker outlives its master. The stop signal goes to the master alone.
_PROGRAM = """
[program:{name}]
command = {command}
environment = {environment}
priority = {priority}
autorestart = true
startsecs = 1
startretries = 100
stopsignal = {stop_signal}
stopwaitsecs = {stop_seconds}
stopasgroup = false
killasgroup = true
redirect_stderr = true
stdout_logfile = {data}/logs/{name}.log
stdout_logfile_maxbytes = 5MB
stdout_logfile_backups = 1
"""


# supervisord stops the last group first, and the programs of a group together. So the stores outlive the services.
_GROUP = """
[group:{name}]
programs = {programs}
priority = {priority}
"""


def configuration(of: list[Program], data: Path) -> str:
    """Return supervisord's configuration file."""
    sections = [_section(program, priority, data) for priority, program in enumerate(of, start=1)]
    services = ",".join(program.name for program in of if program.name not in STORES)
    return "".join([_HEAD.format(data=data), *sections, _GROUP.format(name="services", programs=services, priority=9)])


def _section(program: Program, priority: int, data: Path) -> str:
    tied = tied_command(_pid_file(data, program.name), program.stop_signal)
    return _PROGRAM.format(
        name=program.name,
        command=_quoted(tied + program.command),
        environment=",".join(f'{name}="{value}"' for name, value in program.environment.items()),
        priority=priority,
        stop_seconds=program.stop_seconds,
        stop_signal=program.stop_signal,
        data=data,
    )


def _quoted(command: tuple[str, ...]) -> str:
    # In supervisord's file % starts an expansion, and # or ; after a space a comment: so the quotes are closed and
    # opened again between the two.
    return shlex.join(command).replace("%", "%%").replace(" #", " ''#").replace(" ;", " '';")


def _pid_file(data: Path, name: str) -> Path:
    return data / "pids" / name


def temporary_folder(data: Path) -> Path:
    """Return the folder of the programs' temporary files; the system's cleaners leave it alone."""
    return data / "tmp"


def _temporary(data: Path) -> dict[str, str]:
    """Return the variable of the temporary folder; none if the path of a socket in it would be too long."""
    folder = str(ROOT / temporary_folder(data))
    return {"TMPDIR": folder} if len(os.fsencode(folder)) <= _LONGEST_FOLDER else {}


def is_supervisor_left(data: Path) -> bool:
    """Return whether the supervisord of an earlier start still runs."""
    return holder(ROOT / _pid_file(data, "supervisord")) is not None


class Supervisor:
    """A supervisord in a session of its own, so that Ctrl-C reaches only the command line."""

    def __init__(self, of: list[Program], data: Path, environment: Mapping[str, str]) -> None:
        self._of = of
        self._data = data
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Write the configuration and start supervisord."""
        shutil.rmtree(ROOT / temporary_folder(self._data), ignore_errors=True)
        for folder in ("logs", "pids", "redis", "s3", temporary_folder(self._data).name):
            (ROOT / self._data / folder).mkdir(parents=True, exist_ok=True)
        file = self._data / "supervisord.conf"
        (ROOT / file).write_text(configuration(self._of, self._data))
        tied = tied_command(_pid_file(self._data, "supervisord"))
        with (ROOT / self._data / "logs" / "supervisord.err").open("wb") as errors:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [*tied, sys.executable, "-m", "local_stack.processes.supervisord", "-c", str(file)],
                cwd=ROOT,
                env=dict(self._environment) | _temporary(self._data),
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                start_new_session=True,
            )

    @property
    def is_alive(self) -> bool:
        """Whether supervisord runs."""
        return self._process is not None and self._process.poll() is None

    def ask_to_stop(self) -> None:
        """Ask supervisord to stop the programs, last started first, and to end; return at once."""
        if self._process is not None and self.is_alive:
            self._process.terminate()

    def kill(self) -> None:
        """Kill supervisord and its programs."""
        if self._process is not None and self.is_alive:
            self._process.kill()
            self._process.wait()
        for program in self._of:
            self._signal(program, signal.SIGKILL)

    def end_orphans(self, seconds: float = 4.0) -> None:
        """End the programs of a supervisord that died, so that their ports are free again."""
        give_up = time.monotonic() + seconds
        left = [program for program in self._of if self._signal(program, signal.Signals[f"SIG{program.stop_signal}"])]
        while left and time.monotonic() < give_up:
            time.sleep(0.1)
            left = [program for program in left if self._signal(program, _NO_SIGNAL)]
        self.kill()

    def _signal(self, program: Program, number: int) -> bool:
        leader = holder(ROOT / _pid_file(self._data, program.name))
        if leader is None:
            return False
        try:
            # supervisord made each program the leader of a group of its own.
            os.killpg(leader, number)
        except (ProcessLookupError, PermissionError):  # macOS raises the latter for a process that has ended
            return False
        return True
