"""The virtual environment of all programs. This module imports the standard library only.

Each package list has a stamp file with a fingerprint of the list and of the Python. It is written last, so that an
interrupted set-up is repeated. A later start compares the fingerprints, which takes milliseconds.

There are two locks. The lock on the parent folder makes a second set-up wait. The lock on the environment's folder is
shared by all processes that run in the environment, so that an environment in use is not cleared.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import signal
import sys
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.arguments.parser import parser
from cli.setup.early_signals import SIGNALS, end_on_signals
from cli.setup.installer import SetUpFailed, install, without_python_options
from local_stack.processes.pid_files import lock_exclusively
from local_stack.redis_binary import NoRedis, require_redis_or_wheel

_ROOT = Path(__file__).resolve().parents[2]
_MADE_BY = "made-by"
"""The file that names the Python that made the environment."""
_UNFINISHED = "unfinished"
"""The file that exists during an installation and after an interrupted one."""


def ensure_environment(folder: Path, lists: list[Path]) -> int:
    """Make the environment in ``folder`` and install the packages of ``lists`` where they are missing.

    Returns:
        The descriptor of a lock. No other process clears the environment before it is closed.

    Raises:
        SetUpFailed: the packages could not be installed, or the folder cannot be written.
    """
    try:
        folder.mkdir(exist_ok=True)
        use = os.open(folder, os.O_RDONLY)
        try:
            _make_ready(folder, lists, use)
        except BaseException:
            os.close(use)
            raise
    except OSError as exc:
        advice = "Check the folder's permissions and the free disk space."
        raise SetUpFailed(f"{folder} cannot be set up: {exc.strerror or exc}. {advice}") from exc
    return use


def _make_ready(folder: Path, lists: list[Path], use: int) -> None:
    fcntl.flock(use, fcntl.LOCK_SH)
    if _is_current(folder, lists, _this_python()):
        return
    fcntl.flock(use, fcntl.LOCK_UN)
    with _set_up_lock(folder):
        _set_up(folder, lists, use)
        fcntl.flock(use, fcntl.LOCK_SH)


def _is_current(folder: Path, lists: list[Path], python: str) -> bool:
    """Whether ``python`` made the environment and the packages of ``lists`` are installed."""
    return not (folder / _UNFINISHED).exists() and _read(_stamp_file(folder, lists)) == _fingerprint(lists, python)


def _stamp_file(folder: Path, lists: list[Path]) -> Path:
    return folder / f"stamp-{lists[-1].stem}"


def _fingerprint(lists: list[Path], python: str) -> str:
    digest = hashlib.sha256(python.encode())
    for path in lists:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _read(file: Path) -> str:
    return file.read_text() if file.is_file() else ""


@contextmanager
def _set_up_lock(folder: Path) -> Iterator[None]:
    # The lock is on the parent folder, because a lock file in the environment would be cleared with it.
    lock = os.open(folder.parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _print("Waiting for another set-up of the same environment.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _set_up(folder: Path, lists: list[Path], use: int) -> None:
    started = time.monotonic()
    maker, python = _read(folder / _MADE_BY), _this_python()
    whole = maker == python and not (folder / _UNFINISHED).exists()
    in_use = not whole and not lock_exclusively(use)
    if in_use and maker != python:
        _print(f"{folder} was made with another Python and is in use. It is kept until ./run_app.sh stop.")
        python = maker
    if _is_current(folder, lists, python):
        return
    _print(f"Setting up {folder}. This is done once and takes up to a minute.")
    if not whole and not in_use:
        _make_environment(folder, python)
        fcntl.flock(use, fcntl.LOCK_UN)
    (folder / _UNFINISHED).touch()
    install(folder, lists, reinstall=in_use)
    _stamp_file(folder, lists).write_text(_fingerprint(lists, python))
    (folder / _UNFINISHED).unlink()
    _print(f"Set up in {time.monotonic() - started:.0f} s.")


def _make_environment(folder: Path, python: str) -> None:
    venv.create(folder, clear=True, symlinks=True)
    (folder / _MADE_BY).write_text(python)


def _this_python() -> str:
    """Return the version and path of this Python, or of its base Python if this one is an environment's."""
    executable = getattr(sys, "_base_executable", sys.executable)
    return f"{sys.version} {os.path.realpath(executable)}"


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main(words: list[str], arguments: list[str] | None) -> None:
    """Set up an environment and then run the command line in it.

    Wrong usage and --help end the process before the set-up.

    Args:
        words: the environment's folder, then the package lists.
        arguments: the command line's arguments, or None to set up the environment only.
    """
    end_on_signals(arguments, at_once=False)
    if arguments is not None:
        parser().parse_args(arguments)
    folder, *lists = (Path(word).absolute() for word in words)
    try:
        if arguments is not None:
            require_redis_or_wheel()
        use = ensure_environment(folder, lists)
    except (SetUpFailed, NoRedis) as exc:
        sys.exit(f"error: {exc}")
    if arguments is not None:
        _run_command_line(folder, arguments, use)


def _run_command_line(folder: Path, arguments: list[str], use: int) -> None:
    os.set_inheritable(use, True)
    # A blocked signal stays pending until the command line has set its handlers.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    python = str(folder / "bin" / "python")
    # -P keeps a file such as redis.py in the user's directory from replacing the package.
    command = [python, "-P", "-m", "cli", *arguments]
    os.execve(python, command, without_python_options() | {"PYTHONPATH": str(_ROOT)})  # noqa: S606 - our own command
