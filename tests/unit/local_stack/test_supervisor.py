from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from configparser import RawConfigParser
from contextlib import contextmanager
from pathlib import Path

import pytest

from local_stack import supervisor as supervision
from local_stack.ports import ports_of
from local_stack.processes.parent_death_signal import PARENT_PID, death_signal_command
from local_stack.programs import REDIS_SECRETS, ROOT, Program, data_folder, stack_programs
from local_stack.supervisor import Supervisor, is_earlier_supervisor_running, supervisord_configuration

PORTS = ports_of(5000)


def read_configuration(redis: str = "/usr/bin/redis-server") -> RawConfigParser:
    # As supervisor reads it.
    parser = RawConfigParser(inline_comment_prefixes=(";", "#"), strict=False)
    parser.read_string(supervisord_configuration(stack_programs(PORTS, "stockcast", Path(redis)), data_folder(PORTS)))
    return parser


@pytest.mark.parametrize("folder", ["/plain", "/with space", "/50% off", "/a ;b #c", "/it's", '/"quoted"'])
def test_special_characters_of_a_folder_are_quoted_in_the_configuration(folder: str) -> None:
    command = read_configuration(f"{folder}/redis-server").get("program:redis", "command")
    assert f"{folder}/redis-server" in shlex.split(command % {})


def test_services_stop_before_stores_and_all_within_ten_seconds() -> None:
    limits = {program.name: program.stop_seconds for program in stack_programs(PORTS, "b", Path("redis"))}
    stores = limits.pop("redis") + limits.pop("object_store")
    assert max(limits.values()) + stores < supervision.STOP_SECONDS < 10
    written = read_configuration()
    priority = {name: written.getint(name, "priority") for name in written.sections() if name != "supervisord"}
    assert priority["program:redis"] < priority["program:object_store"] < priority["group:services"]
    assert written.get("group:services", "programs") == "forecast,ingestion,web,schedule"


def test_no_secret_is_in_a_command_line_or_in_supervisords_file() -> None:
    started = stack_programs(PORTS, "b", Path("redis"))
    written = supervisord_configuration(started, data_folder(PORTS))
    assert "requirepass" not in written
    assert str(data_folder(PORTS) / REDIS_SECRETS) in next(p.command for p in started if p.name == "redis")


STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(3600)
"""


@contextmanager
def orphan(pid_file: Path) -> Iterator[subprocess.Popen[str]]:
    """A program as supervisord starts one, tied to its parent and in a group of its own, which ignores SIGTERM."""
    command = [*death_signal_command(pid_file), sys.executable, "-c", STUBBORN]
    environment = {name: value for name, value in os.environ.items() if name != PARENT_PID}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "deaf\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def supervisor(tmp_path: Path) -> Supervisor:
    (tmp_path / "pids").mkdir()
    return Supervisor([Program("web", ("false",), 1, {})], tmp_path, {})


def test_orphans_of_supervisord_are_killed_although_they_ignore_sigterm(supervisor: Supervisor, tmp_path: Path) -> None:
    with orphan(tmp_path / "pids" / "web") as process:
        supervisor.end_orphans(seconds=0.2)
        assert process.wait(100) == -signal.SIGKILL


def test_a_process_with_a_reused_id_is_not_signalled(supervisor: Supervisor, tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "3600"], start_new_session=True) as unrelated:
        for name in ("web", "supervisord"):
            (tmp_path / "pids" / name).write_text(str(unrelated.pid))
        assert not is_earlier_supervisor_running(tmp_path)
        supervisor.end_orphans(seconds=0.2)
        assert unrelated.poll() is None
        unrelated.kill()


def test_a_supervisord_that_is_ending_is_found(tmp_path: Path) -> None:
    (tmp_path / "pids").mkdir()
    with orphan(tmp_path / "pids" / "supervisord"):
        assert is_earlier_supervisor_running(tmp_path)
    assert not is_earlier_supervisor_running(tmp_path)
