"""The programs of a local stack, and the supervisord that starts, restarts and stops them.

The settings of the services go to them through the environment of supervisord, never through its configuration file or
an argument: the caller's provider keys are among them.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local_stack.leash import HOLDER
from local_stack.pid_files import holder
from local_stack.ports import Ports
from local_stack.prometheus import prometheus_command

ROOT = Path(__file__).resolve().parent.parent
STOP_SECONDS = 9.0
"""How long an orderly stop may take; the limits of services, object store and Redis, one after the other, are less."""

_STORES = ("redis", "object_store")
_ARE_YOU_THERE = 0

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

# Killed as a group, so that no worker outlives its master; asked alone, because a master tells its workers itself.
_PROGRAM = """
[program:{name}]
command = {command}
environment = {environment}
priority = {priority}
autorestart = true
startsecs = 1
startretries = 100
stopsignal = TERM
stopwaitsecs = {stop_seconds}
stopasgroup = false
killasgroup = true
redirect_stderr = true
stdout_logfile = {data}/logs/{name}.log
stdout_logfile_maxbytes = 5MB
stdout_logfile_backups = 1
"""


# supervisord stops the last group first, and the programs of a group together: the stores outlive the services.
_GROUP = """
[group:{name}]
programs = {programs}
priority = {priority}
"""


@dataclass(frozen=True)
class Program:
    """One program under supervision; ``stop_seconds`` is how long it may take to end before it is killed."""

    name: str
    command: tuple[str, ...]
    stop_seconds: int
    environment: Mapping[str, str]


def data_folder(ports: Ports) -> Path:
    """Return where a stack keeps its data, relative to :data:`ROOT`."""
    return Path(".data") / str(ports.web)


def programs(ports: Ports, bucket: str, redis: Path, prometheus: Path | None = None) -> list[Program]:
    """Return what is to be started, in this order; Prometheus where its program is given."""
    python, data = (sys.executable, "-m"), data_folder(ports)
    store = ("local_stack.object_store", "--port", str(ports.object_store))
    started = [
        Program("redis", _redis_command(redis, ports.redis, data / "redis"), 2, {}),
        Program("object_store", (*python, *store, "--bucket", bucket, "--folder", str(data / "s3")), 1, {}),
        Program("forecast", (*python, "forecast_service"), 3, _listening(ports.forecast, ports.forecast_health)),
        Program("ingestion", (*python, "ingestion_service"), 3, _listening(ports.ingestion, ports.ingestion_health)),
        Program(
            "web",
            (*python, "gunicorn", "-c", "webserver/gunicorn.conf.py", "webserver.app:create_app()"),
            3,
            {"GUNICORN_CMD_ARGS": "--graceful-timeout 2 --no-control-socket"},
        ),
    ]
    if prometheus is not None:
        started.append(Program("prometheus", prometheus_command(prometheus, ports, data / "prometheus"), 3, {}))
    return started


def _redis_command(binary: Path, port: int, folder: Path) -> tuple[str, ...]:
    options = {
        "port": str(port),
        "bind": "127.0.0.1",
        "dir": str(folder),
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    return str(binary), *(part for name, value in options.items() for part in (f"--{name}", value))


def _listening(port: int, health: int) -> dict[str, str]:
    return {"LISTEN_ADDRESS": f"127.0.0.1:{port}", "HEALTH_ADDRESS": f"127.0.0.1:{health}"}


def service_environment(ports: Ports, bucket: str, caller: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the services: the caller's, but with the local stack's own addresses.

    Where the caller points Redis or S3 elsewhere, that is overruled: a stack on one machine always uses its own stores.
    """
    local = {
        "PORT": str(ports.web),
        "REDIS_URL": f"redis://127.0.0.1:{ports.redis}/0",
        "S3_BUCKET": bucket,
        "INGESTION_ADDRESS": f"127.0.0.1:{ports.ingestion}",
        "FORECAST_ADDRESS": f"127.0.0.1:{ports.forecast}",
        "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{ports.object_store}",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
        # The stores are on this machine, whatever proxy leads out of it.
        "NO_PROXY": _with_loopback(caller.get("NO_PROXY", "")),
        "no_proxy": _with_loopback(caller.get("no_proxy", "")),
        HOLDER: str(os.getpid()),
    }
    foreign = {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "LISTEN_ADDRESS", "HEALTH_ADDRESS"}
    return {name: value for name, value in caller.items() if name not in foreign} | local


def _with_loopback(no_proxy: str) -> str:
    return ",".join(part for part in (no_proxy, "127.0.0.1", "localhost") if part)


def configuration(of: list[Program], data: Path) -> str:
    """Write supervisord's configuration file."""
    sections = [_section(program, priority, data) for priority, program in enumerate(of, start=1)]
    services = ",".join(program.name for program in of if program.name not in _STORES)
    return "".join([_HEAD.format(data=data), *sections, _GROUP.format(name="services", programs=services, priority=9)])


def _section(program: Program, priority: int, data: Path) -> str:
    leash = (sys.executable, "-m", "local_stack.leash", str(_pid_file(data, program.name)))
    return _PROGRAM.format(
        name=program.name,
        command=_quoted(leash + program.command),
        environment=",".join(f'{name}="{value}"' for name, value in program.environment.items()),
        priority=priority,
        stop_seconds=program.stop_seconds,
        data=data,
    )


def _quoted(command: tuple[str, ...]) -> str:
    # In supervisord's file % starts an expansion, and # or ; after a space a comment: so the quotes are closed and
    # opened again between the two.
    return shlex.join(command).replace("%", "%%").replace(" #", " ''#").replace(" ;", " '';")


def _pid_file(data: Path, name: str) -> Path:
    return data / "pids" / name


def is_supervisor_left(data: Path) -> bool:
    """Whether the supervisord of an earlier start is still on its way out."""
    return holder(ROOT / _pid_file(data, "supervisord")) is not None


class Supervisor:
    """A supervisord of our own, in a session of its own, so that Ctrl-C reaches only the command line."""

    def __init__(self, of: list[Program], data: Path, environment: Mapping[str, str]) -> None:
        self._of = of
        self._data = data
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Write the configuration and start supervisord."""
        for folder in ("logs", "pids", "redis", "s3"):
            (ROOT / self._data / folder).mkdir(parents=True, exist_ok=True)
        file = self._data / "supervisord.conf"
        (ROOT / file).write_text(configuration(self._of, self._data))
        leash = [sys.executable, "-m", "local_stack.leash", str(_pid_file(self._data, "supervisord"))]
        with (ROOT / self._data / "logs" / "supervisord.err").open("wb") as errors:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [*leash, sys.executable, "-m", "supervisor.supervisord", "-c", str(file)],
                cwd=ROOT,
                env=dict(self._environment),
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
        """Have supervisord stop the programs, last started first, and end; returns at once."""
        if self._process is not None and self.is_alive:
            self._process.terminate()

    def kill(self) -> None:
        """End supervisord and whatever it started, at once."""
        if self._process is not None and self.is_alive:
            self._process.kill()
            self._process.wait()
        for program in self._of:
            self._signal(program, signal.SIGKILL)

    def end_orphans(self, seconds: float = 4.0) -> None:
        """After supervisord's own death: have the programs end, so that their ports are free again."""
        give_up = time.monotonic() + seconds
        left = [program for program in self._of if self._signal(program, signal.SIGTERM)]
        while left and time.monotonic() < give_up:
            time.sleep(0.1)
            left = [program for program in left if self._signal(program, _ARE_YOU_THERE)]
        self.kill()

    def _signal(self, program: Program, number: int) -> bool:
        leader = holder(ROOT / _pid_file(self._data, program.name))
        if leader is None:
            return False
        try:
            # supervisord made each program the leader of a group of its own.
            os.killpg(leader, number)
        except (ProcessLookupError, PermissionError):  # the latter is said of the dead by macOS
            return False
        return True
