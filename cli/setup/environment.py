"""Makes the virtual environment in which everything runs; standard library only.

Costs milliseconds where the work is done already. A stamp says for which requirements and which Python an installation
was made; it is written last, so that what was interrupted is done again. Of two locks, one makes a second set-up wait,
and the other, on the environment's own folder, is shared by all that was started from it: it is not cleared under them.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.arguments import parser
from cli.setup.early_signals import SIGNALS, listen
from local_stack.processes.pid_files import lock_alone
from local_stack.redis_binary import NoRedis, require_redis_to_come

_ROOT = Path(__file__).resolve().parents[2]
_SECONDS = 1800
"""How long pip may take in all, on a slow line."""
_PIP = (
    *("install", "--disable-pip-version-check", "--no-input", "--prefer-binary", "--progress-bar", "off"),
    *("--retries", "2", "--timeout", "15"),
)

_PYTHON_OPTIONS = {
    *("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONIOENCODING", "PYTHONUTF8", "PYTHONUNBUFFERED"),
}
"""The options of Python that a user may choose for the command line."""


class SetUpFailed(Exception):
    """The environment could not be made; the message is one line for a person."""


def ensure_environment(folder: Path, requirements: list[Path]) -> int:
    """Make the environment in ``folder`` hold ``requirements``; return the descriptor of a lock that keeps it whole.

    Raises:
        SetUpFailed: pip could not install them, or the folder cannot be written.
    """
    try:
        folder.mkdir(exist_ok=True)
        use = os.open(folder, os.O_RDONLY)
        try:
            _make_ready(folder, requirements, use)
        except BaseException:
            os.close(use)
            raise
    except OSError as exc:
        raise SetUpFailed(f"{folder} cannot be set up: {exc.strerror or exc}") from exc
    return use


def _make_ready(folder: Path, requirements: list[Path], use: int) -> None:
    fcntl.flock(use, fcntl.LOCK_SH)
    if _holds(folder, requirements, _this_python()):
        return
    fcntl.flock(use, fcntl.LOCK_UN)
    with _locked(folder):
        _set_up(folder, requirements, use)
        fcntl.flock(use, fcntl.LOCK_SH)


def _holds(folder: Path, requirements: list[Path], python: str) -> bool:
    """Whether the environment was made by ``python`` and holds the requirements."""
    return _read(_stamp(folder, requirements)) == _fingerprint(requirements, python)


def _stamp(folder: Path, requirements: list[Path]) -> Path:
    return folder / f"stamp-{requirements[-1].stem}"


def _fingerprint(requirements: list[Path], python: str) -> str:
    digest = hashlib.sha256(python.encode())
    for path in requirements:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _read(stamp: Path) -> str:
    return stamp.read_text() if stamp.is_file() else ""


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    # The directory around it is locked: a lock file inside would be cleared away with an older environment.
    lock = os.open(folder.parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("waiting for another set-up of the same environment to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _set_up(folder: Path, requirements: list[Path], use: int) -> None:
    python = _kept_python(folder, use) or _this_python()
    if _holds(folder, requirements, python):
        return
    log = folder / "pip.log"
    _say(f"setting up {folder}; this is done once and takes a minute or two")
    if _read(folder / "made-by") != python:
        _make_environment(folder, use)
    started = time.monotonic()
    if not _install(folder, requirements, log):
        raise SetUpFailed(f"packages could not be installed ({_reason(log)}); the whole story is in {log}")
    _stamp(folder, requirements).write_text(_fingerprint(requirements, python))
    _say(f"set up in {time.monotonic() - started:.0f} s")


def _kept_python(folder: Path, use: int) -> str | None:
    """The other Python that made a whole environment, where a stack runs on that: it is not made anew under it."""
    maker = _read(folder / "made-by")
    if maker in ("", _this_python()) or lock_alone(use):
        return None
    _say(f"{folder} was made with another Python and is in use: it is kept until that ends (./run_app.sh stop)")
    return maker


def _this_python() -> str:
    """Which Python an environment is made with: the one below, where this one is an environment's own."""
    executable = getattr(sys, "_base_executable", sys.executable)
    return f"{sys.version} {os.path.realpath(executable)}"


def _make_environment(folder: Path, use: int) -> None:
    fcntl.flock(use, fcntl.LOCK_EX)  # who starts meanwhile finds it empty, or whole
    try:
        venv.create(folder, clear=True, symlinks=True, with_pip=True, upgrade_deps=False)
    except subprocess.CalledProcessError as exc:
        message = "this Python cannot make a virtual environment (Debian, Ubuntu: apt install python3-venv)"
        raise SetUpFailed(message) from exc
    (folder / "made-by").write_text(_this_python())
    fcntl.flock(use, fcntl.LOCK_UN)


def _install(folder: Path, requirements: list[Path], log: Path) -> bool:
    files = [part for path in requirements for part in ("-r", str(path))]
    command = [str(folder / "bin" / "python"), "-m", "pip", *_PIP, *files]
    with log.open("w") as output:
        try:
            done = subprocess.run(  # noqa: S603 - our own command
                command,
                env=_without_python_options(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            output.write(f"\nERROR: given up after {_SECONDS} s\n")
            return False
    return done.returncode == 0


def _reason(log: Path) -> str:
    """Say in a few words why pip failed."""
    text = log.read_text(errors="replace")
    if any(sign in text for sign in ("NewConnectionError", "NameResolutionError", "timed out", "ConnectionError")):
        return "the package index cannot be reached; is there a network?"
    errors = [line.removeprefix("ERROR: ") for line in text.splitlines() if line.startswith("ERROR: ")]
    return errors[-1][:200] if errors else "pip failed"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main(words: list[str], arguments: list[str] | None) -> None:
    """Set up what ``words`` name, the folder and files of requirements; then become the command line, if one is to run.

    A line and status 1 where that fails; help, and status 2 after wrong usage, before anything is done.
    """
    listen(arguments, at_once=False)
    if arguments is not None:
        parser().parse_args(arguments)
    folder, *requirements = (Path(word) for word in words)
    try:
        if arguments is not None:
            require_redis_to_come()
        use = ensure_environment(folder, requirements)
    except (SetUpFailed, NoRedis) as exc:
        sys.exit(f"error: {exc}")
    if arguments is not None:
        _become_command_line(folder, arguments, use)


def _become_command_line(folder: Path, arguments: list[str], use: int) -> None:
    os.set_inheritable(use, True)
    # A signal that comes before the program listens is kept for it.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    python = str(folder / "bin" / "python")
    # -P: a file named redis.py in the caller's directory must not be taken for the package.
    command = [python, "-P", "-m", "cli", *arguments]
    os.execve(python, command, _without_python_options() | {"PYTHONPATH": str(_ROOT)})  # noqa: S606 - our own command


def _without_python_options() -> dict[str, str]:
    """The user's environment, less what is meant for another Python: a PYTHONHOME would keep this one from starting."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith("PYTHON") or name in _PYTHON_OPTIONS
    }
