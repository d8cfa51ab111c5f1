"""The supervisord that starts, restarts and stops the programs of a local stack.

The services inherit their settings from supervisord's environment. Neither a configuration file nor an argument holds
them, because they include the user's provider keys.
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

from local_stack.processes.parent_death_signal import death_signal_command
from local_stack.processes.pid_files import find_holder
from local_stack.programs import ROOT, STORES, Program

STOP_SECONDS = 9.0
"""The limit of an orderly stop. It exceeds the sum of the limits of services, object store and Redis."""

_NO_SIGNAL = 0
_LONGEST_FOLDER = 70
"""In bytes. A socket's path has at most 107, and multiprocessing appends 32 to the folder."""

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

# SIGKILL is sent to the group, so that no worker outlives its master. The stop signal is sent to the master only.
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


# supervisord stops the last group first, and the programs of a group together. The stores therefore stop last.
_GROUP = """
[group:{name}]
programs = {programs}
priority = {priority}
"""


def supervisord_configuration(programs: list[Program], data: Path) -> str:
    """Return supervisord's configuration file."""
    sections = [_section(program, priority, data) for priority, program in enumerate(programs, start=1)]
    services = ",".join(program.name for program in programs if program.name not in STORES)
    return "".join([_HEAD.format(data=data), *sections, _GROUP.format(name="services", programs=services, priority=9)])


def _section(program: Program, priority: int, data: Path) -> str:
    wrapper = death_signal_command(_pid_file(data, program.name), program.stop_signal)
    return _PROGRAM.format(
        name=program.name,
        command=_quoted(wrapper + program.command),
        environment=",".join(f'{name}="{value}"' for name, value in program.environment.items()),
        priority=priority,
        stop_seconds=program.stop_seconds,
        stop_signal=program.stop_signal,
        data=data,
    )


def _quoted(command: tuple[str, ...]) -> str:
    # In supervisord's file, % starts an expansion, and # or ; after a space starts a comment. Closing and opening the
    # quotes between space and sign avoids the comment.
    return shlex.join(command).replace("%", "%%").replace(" #", " ''#").replace(" ;", " '';")


def _pid_file(data: Path, name: str) -> Path:
    return data / "pids" / name


def temporary_folder(data: Path) -> Path:
    """Return the folder of the programs' temporary files. No cleaner of the system deletes files in it."""
    return data / "tmp"


def _temporary(data: Path) -> dict[str, str]:
    """Return the variable of the temporary folder, or nothing if a socket in the folder had too long a path."""
    folder = str(ROOT / temporary_folder(data))
    return {"TMPDIR": folder} if len(os.fsencode(folder)) <= _LONGEST_FOLDER else {}


def is_earlier_supervisor_running(data: Path) -> bool:
    """Return whether the supervisord of an earlier start is running."""
    return find_holder(ROOT / _pid_file(data, "supervisord")) is not None


class Supervisor:
    """A supervisord in a session of its own, so that Ctrl-C reaches only the command line."""

    def __init__(self, programs: list[Program], data: Path, environment: Mapping[str, str]) -> None:
        self._programs = programs
        self._data = data
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Write the configuration and start supervisord."""
        shutil.rmtree(ROOT / temporary_folder(self._data), ignore_errors=True)
        for folder in ("logs", "pids", "redis", "s3", temporary_folder(self._data).name):
            (ROOT / self._data / folder).mkdir(parents=True, exist_ok=True)
        file = self._data / "supervisord.conf"
        (ROOT / file).write_text(supervisord_configuration(self._programs, self._data))
        wrapper = death_signal_command(_pid_file(self._data, "supervisord"))
        with (ROOT / self._data / "logs" / "supervisord.err").open("wb") as errors:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [*wrapper, sys.executable, "-m", "local_stack.processes.supervisord", "-c", str(file)],
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

    def request_stop(self) -> None:
        """Send SIGTERM: supervisord stops the programs, the last started first, and ends. Return without waiting."""
        if self._process is not None and self.is_alive:
            self._process.terminate()

    def kill(self) -> None:
        """Kill supervisord and its programs."""
        if self._process is not None and self.is_alive:
            self._process.kill()
            self._process.wait()
        for program in self._programs:
            self._signal(program, signal.SIGKILL)

    def end_orphans(self, seconds: float = 4.0) -> None:
        """End the programs of a supervisord that died, so that their ports are free again."""
        give_up = time.monotonic() + seconds
        left = [
            program for program in self._programs if self._signal(program, signal.Signals[f"SIG{program.stop_signal}"])
        ]
        while left and time.monotonic() < give_up:
            time.sleep(0.1)
            left = [program for program in left if self._signal(program, _NO_SIGNAL)]
        self.kill()

    def _signal(self, program: Program, number: int) -> bool:
        leader = find_holder(ROOT / _pid_file(self._data, program.name))
        if leader is None:
            return False
        try:
            # supervisord made each program the leader of a group of its own.
            os.killpg(leader, number)
        except (ProcessLookupError, PermissionError):  # macOS raises PermissionError for an ended process
            return False
        return True
