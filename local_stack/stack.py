"""One local stack: claims its ports, starts its programs, waits until they are ready, and stops them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import Protocol

from local_stack.credentials import load_or_create_credentials, write_private
from local_stack.ports import Ports
from local_stack.processes.interrupts import Interrupts
from local_stack.processes.pid_files import AlreadyClaimed, claim
from local_stack.processes.port_check import already_running_message, other_port_advice, port_problems
from local_stack.processes.probes import is_listening, is_ready, is_stockcast
from local_stack.processes.usage_lock import UsageLock
from local_stack.programs import REDIS_SECRETS, ROOT, data_folder, redis_secrets, stack_programs
from local_stack.prometheus import NoPrometheus, find_prometheus, prometheus_configuration
from local_stack.redis_binary import NoRedis, find_redis
from local_stack.s3.weed_binary import NoObjectStore, find_weed
from local_stack.service_environment import service_environment
from local_stack.sql_migration import LOG as SQL_LOG
from local_stack.sql_migration import SqlMigration, migrating
from local_stack.stack_logs import StackLogs
from local_stack.supervisor import STOP_SECONDS, Supervisor, is_earlier_supervisor_running

READY_SECONDS = 180.0
"""The limit of a start. It is long, for a busy machine; a program that keeps ending is reported earlier."""
RULES = Path("k8s/components/monitoring/prometheus")
_LEFTOVER_SECONDS = 10.0
_USERS_SECONDS = 30.0
"""Longer than a command repeats its requests to a stack that has ended."""
_PAUSE = 0.1
_USAGE = "door"
"""The file of the usage lock. Its name must stay: a running stack of an earlier version locks this file."""


class StackFailed(Exception):
    """The stack cannot be started, or has died. A person reads each line of the message."""


class StackTaken(StackFailed):
    """Another command owns the stack of this port, and the stack does not answer yet."""


class ProgressReporter(Protocol):
    """A line that shows the current step."""

    def show(self, subject: str, doing: str = "") -> None:
        """Show the current step of ``subject``."""

    def warn(self, words: str) -> None:
        """Print a warning above the line."""

    def done(self) -> None:
        """Clear the line."""


class Stack:
    """The stores and services of one ``PORT``."""

    def __init__(
        self,
        ports: Ports,
        environment: Mapping[str, str],
        interrupts: Interrupts,
        progress: ProgressReporter,
        *,
        with_prometheus: bool = False,
    ) -> None:
        bucket = environment.get("S3_BUCKET") or "stockcast"
        self._ports = ports
        self._data = data_folder(ports)
        self._folder = ROOT / self._data
        self._interrupts = interrupts
        self._progress = progress
        self._bucket = bucket
        self._with_prometheus = with_prometheus
        self._with_schedule = _parse_schedule(environment.get("SCHEDULE", ""))
        self._credentials = load_or_create_credentials(self._folder.parent)
        self.environment = service_environment(ports, bucket, environment, self._credentials)
        """The environment for commands that use the stack."""

    @contextmanager
    def running(self, *, until_unused: bool = False) -> Iterator[Supervisor]:
        """Start the stack, wait until it is ready, and stop it at the end in every case.

        With ``until_unused``, the stop waits until no other command uses the stack.

        Raises:
            StackTaken: another command owns it.
            StackFailed: it cannot be started.
            Interrupted: a signal came while it started.
        """
        with self._claim() as usage:
            supervisor = self._supervisor()
            try:
                supervisor.start()
                with migrating(self.environment, self._folder / "logs") as migration:
                    self._wait_until_ready(supervisor, migration)
                usage.release()
                yield supervisor
            finally:
                self._wait_for_users(usage, wait=until_unused)
                self._stop(supervisor)

    @contextmanager
    def use(self) -> Iterator[None]:
        """Use the running stack, or start one and stop it at the end.

        Simultaneous commands share the stack of the first command. It stops the stack when all of them have ended.

        Raises:
            StackFailed, Interrupted: as :meth:`running`.
        """
        give_up = time.monotonic() + READY_SECONDS + STOP_SECONDS
        with ExitStack() as held:
            while not self._acquire(held, last_try=time.monotonic() > give_up):
                self._interrupts.raise_if_any()
                self._progress.show("waiting for the stack that another command starts or stops")
                time.sleep(_PAUSE)
            self._progress.done()
            yield

    def _acquire(self, held: ExitStack, *, last_try: bool) -> bool:
        """Share the running stack or start one. Return False while another command starts or stops it."""
        if self._share(held):
            return True
        try:
            held.enter_context(self.running(until_unused=True))
        except StackTaken:
            if last_try:
                raise
            return False
        return True

    def _share(self, held: ExitStack) -> bool:
        # Many commands that try to lock during a start would keep the owner from its exclusive lock.
        if not is_stockcast(self._ports.web):
            return False
        self._folder.mkdir(parents=True, exist_ok=True)
        usage = UsageLock(self._folder / _USAGE)
        if usage.acquire_shared() and is_stockcast(self._ports.web):
            held.callback(usage.close)
            return True
        usage.close()
        return False

    def wait(self, supervisor: Supervisor) -> None:
        """Return after a signal.

        Raises:
            StackFailed: supervisord died.
        """
        while not self._interrupts.count:
            self._require_alive(supervisor)
            time.sleep(_PAUSE)

    @contextmanager
    def _claim(self) -> Iterator[UsageLock]:
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            lock = claim(self._folder / "lock")
        except AlreadyClaimed as exc:
            raise StackTaken(self._owned_message()) from exc
        usage = UsageLock(self._folder / _USAGE)
        try:
            self._wait_for_earlier_users(usage)
            self._require_free_ports()
            yield usage
        finally:
            usage.close()
            os.close(lock)

    def _wait_for_earlier_users(self, usage: UsageLock) -> None:
        """Take the exclusive usage lock. A suspended command that used an earlier stack may still share it."""
        give_up = time.monotonic() + _USERS_SECONDS
        while not usage.acquire_exclusive():
            self._interrupts.raise_if_any()
            if time.monotonic() > give_up:
                raise StackTaken(
                    f"a command that uses an earlier stack on port {self._ports.web} has not ended; end it, or "
                    f"{other_port_advice(self._ports.web)}"
                )
            self._progress.show("waiting for a command that uses the earlier stack")
            time.sleep(_PAUSE)
        self._progress.done()

    def _wait_for_users(self, usage: UsageLock, *, wait: bool) -> None:
        while not usage.acquire_exclusive() and wait and not self._interrupts.count:
            self._progress.show("waiting for other commands that use this stack")
            time.sleep(_PAUSE)
        self._progress.done()

    def _owned_message(self) -> str:
        port = self._ports.web
        if is_stockcast(port):
            return already_running_message(port)
        return f"another Stockcast is starting or stopping on port {port}; wait a moment, or {other_port_advice(port)}"

    def _require_free_ports(self) -> None:
        give_up = time.monotonic() + _LEFTOVER_SECONDS
        problems = port_problems(self._ports)
        while problems and is_earlier_supervisor_running(self._data) and time.monotonic() < give_up:
            self._interrupts.raise_if_any()
            time.sleep(_PAUSE)
            problems = port_problems(self._ports)
        if problems:
            raise StackFailed("\n".join(problems))

    def _supervisor(self) -> Supervisor:
        try:
            prometheus = self._prometheus() if self._with_prometheus else None
            find_weed()
            programs = stack_programs(
                self._ports, self._bucket, find_redis(), prometheus, with_schedule=self._with_schedule
            )
        except (NoRedis, NoObjectStore, NoPrometheus) as exc:
            raise StackFailed(str(exc)) from exc
        write_private(self._folder / REDIS_SECRETS, redis_secrets(self._credentials.redis_password))
        return Supervisor(programs, self._data, self.environment)

    def _prometheus(self) -> Path:
        """Return the Prometheus program after writing its configuration."""
        binary, folder = find_prometheus(), self._folder / "prometheus"
        folder.mkdir(exist_ok=True)
        (folder / "prometheus.yaml").write_text(prometheus_configuration(self._ports, ROOT / RULES))
        return binary

    def _wait_until_ready(self, supervisor: Supervisor, migration: SqlMigration) -> None:
        logs = StackLogs(self._folder / "logs")
        give_up = time.monotonic() + READY_SECONDS
        while (late := self._first_not_ready(migration)) is not None:
            self._progress.show("starting the stack:", late)
            self._interrupts.raise_if_any()
            self._require_alive(supervisor)
            if (name := logs.restarting_program()) is not None:
                raise StackFailed(logs.failure_message(f"{name}.log", f"{name} cannot be started"))
            if time.monotonic() > give_up:
                raise StackFailed(
                    logs.failure_message(f"{late}.log", f"{late} was not ready within {READY_SECONDS:.0f} s")
                )
            time.sleep(_PAUSE)
        self._progress.done()
        if migration.has_failed:
            self._progress.warn(logs.failure_message(SQL_LOG, "accounts and lists cannot be used"))

    def _first_not_ready(self, migration: SqlMigration) -> str | None:
        """Return the name of the first program that is not ready."""
        ports = self._ports
        stores = {"redis": ports.redis, "object_store": ports.object_store}
        services = {"forecast": ports.forecast_health, "ingestion": ports.ingestion_health, "web": ports.web}
        waiting = chain(
            (name for name, port in stores.items() if not is_listening(port)),
            (name for name, port in services.items() if not is_ready(port)),
            (name for name in ("sql",) if migration.is_running),
        )
        # The forecast service is ready last. Probes of the others would only slow its start.
        return next(waiting, None)

    def _require_alive(self, supervisor: Supervisor) -> None:
        if not supervisor.is_alive:
            logs = StackLogs(self._folder / "logs")
            raise StackFailed(
                logs.failure_message("supervisord.err", "supervisord, which keeps the services running, died")
            )

    def _stop(self, supervisor: Supervisor) -> None:
        before = self._interrupts.count
        was_alive = supervisor.is_alive
        supervisor.request_stop()
        give_up = time.monotonic() + STOP_SECONDS
        while supervisor.is_alive and self._interrupts.count == before and time.monotonic() < give_up:
            time.sleep(_PAUSE / 2)
        if supervisor.is_alive:
            supervisor.kill()
        elif not was_alive:
            supervisor.end_orphans()


def _parse_schedule(text: str) -> bool:
    """Return whether the setting ``SCHEDULE`` is on.

    Raises:
        StackFailed: it is neither on nor off.
    """
    if text not in {"", "on", "off"}:
        raise StackFailed(f"setting SCHEDULE: must be on or off, not {text!r}")
    return text != "off"
