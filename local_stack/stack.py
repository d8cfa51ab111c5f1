"""One local stack: its ports taken, its programs started, waited for and stopped."""

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
"""What dies again and again is told at once; what is only slow, as on a machine that is busy, gets there."""
RULES = Path("k8s/components/monitoring/prometheus/rules.yaml")
_LEFTOVER_SECONDS = 10.0
_GUESTS_SECONDS = 30.0
"""More than a command goes on asking a stack that has gone."""
_PAUSE = 0.1


class StackFailed(Exception):
    """The stack cannot be started or went down; each line of the message is for a person."""


class StackTaken(StackFailed):
    """Another command has the stack of this port, and it cannot be asked, or not yet."""


class ProgressReporter(Protocol):
    """One line about what is being done, shown while it lasts."""

    def show(self, subject: str, doing: str = "") -> None:
        """Show what is being done about ``subject``."""

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
        """What the services' own commands need to find the stack."""

    @contextmanager
    def running(self, *, while_asked: bool = False) -> Iterator[Supervisor]:
        """Start the stack, wait until it is ready, and stop it at the end, whatever happens.

        ``while_asked``: the end waits until no other command is asking it.

        Raises:
            StackTaken: another command has it.
            StackFailed: it cannot be started.
            Interrupted: a signal came while it started.
        """
        with self._claimed() as door:
            supervisor = self._supervisor()
            try:
                supervisor.start()
                self._wait_until_ready(supervisor)
                door.open()
                yield supervisor
            finally:
                self._shut(door, patiently=while_asked)
                self._stop(supervisor)

    @contextmanager
    def usable(self) -> Iterator[None]:
        """Have a stack to ask: the one that runs, or else one that is started for this and stopped at the end.

        Commands that come at once share the stack of the first, which stops it when all of them are done.

        Raises:
            StackFailed, Interrupted: as :meth:`running`.
        """
        give_up = time.monotonic() + READY_SECONDS + STOP_SECONDS
        with ExitStack() as held:
            while not self._got_in(held, last_try=time.monotonic() > give_up):
                self._interrupts.raise_if_any()
                self._progress.show("waiting for the stack that another command starts or stops")
                time.sleep(_PAUSE)
            self._progress.done()
            yield

    def _got_in(self, held: ExitStack, *, last_try: bool) -> bool:
        """Become a guest of the stack that runs, or the owner of a new one."""
        if self._entered(held):
            return True
        try:
            held.enter_context(self.running(while_asked=True))
        except StackTaken:
            if last_try:
                raise
            return False
        return True

    def _entered(self, held: ExitStack) -> bool:
        # Whoever waits for a start stays outside: the door could not be shut for it while many look in.
        if not is_stockcast(self._ports.web):
            return False
        self._folder.mkdir(parents=True, exist_ok=True)
        door = UsageLock(self._folder / "door")
        if door.enter() and is_stockcast(self._ports.web):
            held.callback(door.close)
            return True
        door.close()
        return False

    def wait(self, supervisor: Supervisor) -> None:
        """Return when a signal asks to end; raise :class:`StackFailed` where supervisord dies before."""
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
        door = UsageLock(self._folder / "door")
        try:
            self._shut_out_late_guests(door)
            self._require_free_ports()
            yield door
        finally:
            door.close()
            os.close(lock)

    def _shut_out_late_guests(self, door: UsageLock) -> None:
        """Shut the door before a start; a command that asked an earlier stack, and was suspended, may stay inside."""
        give_up = time.monotonic() + _GUESTS_SECONDS
        while not door.shut():
            self._interrupts.raise_if_any()
            if time.monotonic() > give_up:
                raise StackTaken(
                    f"a command that asked an earlier stack on port {self._ports.web} has not ended: end it, or "
                    f"{elsewhere(self._ports.web)}"
                )
            self._progress.show("waiting for a command that asked the stack before this one")
            time.sleep(_PAUSE)
        self._progress.done()

    def _shut(self, door: UsageLock, *, patiently: bool) -> None:
        while not door.shut() and patiently and not self._interrupts.count:
            self._progress.show("waiting for other commands that use this stack")
            time.sleep(_PAUSE)
        self._progress.done()

    def _claimed_by_another(self) -> str:
        port = self._ports.web
        if is_stockcast(port):
            return already_running(port)
        return f"another Stockcast is just starting or stopping on port {port}; wait a moment, or {elsewhere(port)}"

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
        """Find the program, and write down what it is to read."""
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
        """Return the name of the first program that does not do its work yet."""
        ports = self._ports
        stores = {"redis": ports.redis, "object_store": ports.object_store}
        services = {"forecast": ports.forecast_health, "ingestion": ports.ingestion_health, "web": ports.web}
        waiting = chain(
            (name for name, port in stores.items() if not is_listening(port)),
            (name for name, port in services.items() if not is_ready(port)),
        )
        # The forecast service is the last to be ready: while it starts, looks at the others would only cost it time.
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
