"""One local stack: claims its ports, starts its programs, waits until they are ready, and stops them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import Protocol

from local_stack.credentials import store_credentials, write_private
from local_stack.ports import Ports
from local_stack.processes.interrupts import Interrupts
from local_stack.processes.pid_files import HeldByAnother, claim
from local_stack.processes.port_check import already_running, elsewhere, port_problems
from local_stack.processes.probes import is_listening, is_ready, is_stockcast
from local_stack.processes.usage_lock import UsageLock
from local_stack.programs import REDIS_SECRETS, ROOT, data_folder, programs, redis_secrets
from local_stack.prometheus import NoPrometheus, configuration, find_prometheus
from local_stack.redis_binary import NoRedis, find_redis
from local_stack.s3.weed_binary import NoObjectStore, find_weed
from local_stack.service_environment import service_environment
from local_stack.stack_logs import StackLogs
from local_stack.supervisor import STOP_SECONDS, Supervisor, is_supervisor_left

READY_SECONDS = 180.0
"""For a busy machine. A program that ends again and again is reported at once."""
RULES = Path("k8s/components/monitoring/prometheus/rules.yaml")
_LEFTOVER_SECONDS = 10.0
_USERS_SECONDS = 30.0
"""Longer than a command keeps asking a stack that has gone."""
_PAUSE = 0.1
_USAGE = "door"
"""The file of the usage lock; earlier versions use the same."""


class StackFailed(Exception):
    """The stack cannot be started, or ended by itself; each line of the message is for a person."""


class StackTaken(StackFailed):
    """Another command owns the stack of this port, which does not answer, or not yet."""


class ProgressReporter(Protocol):
    """One line about the current step."""

    def show(self, subject: str, doing: str = "") -> None:
        """Show the current step of ``subject``."""

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
        self._credentials = store_credentials(self._folder.parent)
        self.environment = service_environment(ports, bucket, environment, self._credentials)
        """The environment by which the services' own commands find the stack."""

    @contextmanager
    def running(self, *, while_asked: bool = False) -> Iterator[Supervisor]:
        """Start the stack, wait until it is ready, and stop it at the end, whatever happens.

        With ``while_asked``, the stack is stopped once no other command uses it.

        Raises:
            StackTaken: another command owns it.
            StackFailed: it cannot be started.
            Interrupted: a signal came while it started.
        """
        with self._claimed() as usage:
            supervisor = self._supervisor()
            try:
                supervisor.start()
                self._wait_until_ready(supervisor)
                usage.release()
                yield supervisor
            finally:
                self._await_users(usage, patiently=while_asked)
                self._stop(supervisor)

    @contextmanager
    def usable(self) -> Iterator[None]:
        """Use the stack that runs, or else one that is started now and stopped at the end.

        Simultaneous commands share the stack of the first, which stops it once all of them are done.

        Raises:
            StackFailed, Interrupted: as :meth:`running`.
        """
        give_up = time.monotonic() + READY_SECONDS + STOP_SECONDS
        with ExitStack() as held:
            while not self._is_acquired(held, last_try=time.monotonic() > give_up):
                self._interrupts.raise_if_any()
                self._progress.show("waiting for the stack that another command starts or stops")
                time.sleep(_PAUSE)
            self._progress.done()
            yield

    def _is_acquired(self, held: ExitStack, *, last_try: bool) -> bool:
        """Share the stack that runs, or own a new one."""
        if self._is_shared(held):
            return True
        try:
            held.enter_context(self.running(while_asked=True))
        except StackTaken:
            if last_try:
                raise
            return False
        return True

    def _is_shared(self, held: ExitStack) -> bool:
        # A command takes no lock during a start: many that try would keep the owner from its exclusive lock.
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
        """Return when a signal asks to end; raise :class:`StackFailed` if supervisord dies before."""
        while not self._interrupts.count:
            self._require_alive(supervisor)
            time.sleep(_PAUSE)

    @contextmanager
    def _claimed(self) -> Iterator[UsageLock]:
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            lock = claim(self._folder / "lock")
        except HeldByAnother as exc:
            raise StackTaken(self._claimed_by_another()) from exc
        usage = UsageLock(self._folder / _USAGE)
        try:
            self._await_earlier_users(usage)
            self._require_free_ports()
            yield usage
        finally:
            usage.close()
            os.close(lock)

    def _await_earlier_users(self, usage: UsageLock) -> None:
        """Take the usage lock alone before a start; a suspended command of an earlier stack may still hold it."""
        give_up = time.monotonic() + _USERS_SECONDS
        while not usage.acquire_exclusive():
            self._interrupts.raise_if_any()
            if time.monotonic() > give_up:
                raise StackTaken(
                    f"a command that uses an earlier stack on port {self._ports.web} has not ended; end it, or "
                    f"{elsewhere(self._ports.web)}"
                )
            self._progress.show("waiting for a command that uses the earlier stack")
            time.sleep(_PAUSE)
        self._progress.done()

    def _await_users(self, usage: UsageLock, *, patiently: bool) -> None:
        while not usage.acquire_exclusive() and patiently and not self._interrupts.count:
            self._progress.show("waiting for other commands that use this stack")
            time.sleep(_PAUSE)
        self._progress.done()

    def _claimed_by_another(self) -> str:
        port = self._ports.web
        if is_stockcast(port):
            return already_running(port)
        return f"another Stockcast is starting or stopping on port {port}; wait a moment, or {elsewhere(port)}"

    def _require_free_ports(self) -> None:
        give_up = time.monotonic() + _LEFTOVER_SECONDS
        problems = port_problems(self._ports)
        while problems and is_supervisor_left(self._data) and time.monotonic() < give_up:
            self._interrupts.raise_if_any()
            time.sleep(_PAUSE)
            problems = port_problems(self._ports)
        if problems:
            raise StackFailed("\n".join(problems))

    def _supervisor(self) -> Supervisor:
        try:
            prometheus = self._prometheus() if self._with_prometheus else None
            find_weed()
            started = programs(self._ports, self._bucket, find_redis(), prometheus)
        except (NoRedis, NoObjectStore, NoPrometheus) as exc:
            raise StackFailed(str(exc)) from exc
        write_private(self._folder / REDIS_SECRETS, redis_secrets(self._credentials.redis_password))
        return Supervisor(started, self._data, self.environment)

    def _prometheus(self) -> Path:
        """Return the Prometheus program after writing its configuration."""
        binary, folder = find_prometheus(), self._folder / "prometheus"
        folder.mkdir(exist_ok=True)
        (folder / "prometheus.yaml").write_text(configuration(self._ports, ROOT / RULES))
        return binary

    def _wait_until_ready(self, supervisor: Supervisor) -> None:
        logs = StackLogs(self._folder / "logs")
        give_up = time.monotonic() + READY_SECONDS
        while (late := self._not_ready()) is not None:
            self._progress.show("starting the stack:", late)
            self._interrupts.raise_if_any()
            self._require_alive(supervisor)
            if (name := logs.ends_again_and_again()) is not None:
                raise StackFailed(logs.story(f"{name}.log", f"{name} cannot be started"))
            if time.monotonic() > give_up:
                raise StackFailed(logs.story(f"{late}.log", f"{late} was not ready within {READY_SECONDS:.0f} s"))
            time.sleep(_PAUSE)
        self._progress.done()

    def _not_ready(self) -> str | None:
        """Return the name of the first program that is not ready."""
        ports = self._ports
        stores = {"redis": ports.redis, "object_store": ports.object_store}
        services = {"forecast": ports.forecast_health, "ingestion": ports.ingestion_health, "web": ports.web}
        waiting = chain(
            (name for name, port in stores.items() if not is_listening(port)),
            (name for name, port in services.items() if not is_ready(port)),
        )
        # The forecast service is ready last. Probes of the others would only slow its start.
        return next(waiting, None)

    def _require_alive(self, supervisor: Supervisor) -> None:
        if not supervisor.is_alive:
            logs = StackLogs(self._folder / "logs")
            raise StackFailed(logs.story("supervisord.err", "supervisord, which keeps the services running, died"))

    def _stop(self, supervisor: Supervisor) -> None:
        before = self._interrupts.count
        was_alive = supervisor.is_alive
        supervisor.ask_to_stop()
        give_up = time.monotonic() + STOP_SECONDS
        while supervisor.is_alive and self._interrupts.count == before and time.monotonic() < give_up:
            time.sleep(_PAUSE / 2)
        if supervisor.is_alive:
            supervisor.kill()
        elif not was_alive:
            supervisor.end_orphans()
