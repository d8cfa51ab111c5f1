"""Make the virtual environment: ``python3 bootstrap.py VENV REQUIREMENTS… [--then COMMAND…]``; standard library only.

Costs milliseconds where the work is done already. A stamp says for which requirements and which Python an installation
was made; it is written last, so that what was interrupted is done again. A lock makes a second start wait.
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

_SECONDS = 1800
"""How long pip may take in all, on a slow line."""
_PIP = (
    *("install", "--disable-pip-version-check", "--no-input", "--prefer-binary", "--progress-bar", "off"),
    *("--retries", "2", "--timeout", "15"),
)


class SetUpFailed(Exception):
    """The environment could not be made; the message is one line for a person."""


def ensure_environment(folder: Path, requirements: list[Path]) -> None:
    """Make the environment in ``folder`` hold ``requirements``.

    Raises:
        SetUpFailed: pip could not install them, or the folder cannot be written.
    """
    stamp = folder / f"stamp-{requirements[-1].stem}"
    wanted = _fingerprint(requirements)
    try:
        if _read(stamp) == wanted:
            return
        with _locked(folder):
            if _read(stamp) != wanted:
                _set_up(folder, requirements)
                stamp.write_text(wanted)
    except OSError as exc:
        raise SetUpFailed(f"{folder} cannot be set up: {exc.strerror or exc}") from exc


def _fingerprint(requirements: list[Path]) -> str:
    digest = hashlib.sha256(_this_python().encode())
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


def _set_up(folder: Path, requirements: list[Path]) -> None:
    log = folder / "pip.log"
    _say(f"setting up {folder}; this is done once and takes a minute or two")
    if not _made_by_this_python(folder):
        _make_environment(folder)
    started = time.monotonic()
    if not _install(folder, requirements, log):
        raise SetUpFailed(f"packages could not be installed ({_reason(log)}); the whole story is in {log}")
    _say(f"set up in {time.monotonic() - started:.0f} s")


def _made_by_this_python(folder: Path) -> bool:
    """Whether a whole environment is there already, made by the Python that runs now."""
    return _read(folder / "made-by") == _this_python()


def _this_python() -> str:
    """Which Python an environment is made with: the one below, where this one is an environment's own."""
    executable = getattr(sys, "_base_executable", sys.executable)
    return f"{sys.version} {os.path.realpath(executable)}"


def _make_environment(folder: Path) -> None:
    try:
        venv.create(folder, clear=True, symlinks=True, with_pip=True, upgrade_deps=False)
    except subprocess.CalledProcessError as exc:
        message = "this Python cannot make a virtual environment (Debian, Ubuntu: apt install python3-venv)"
        raise SetUpFailed(message) from exc
    (folder / "made-by").write_text(_this_python())


def _install(folder: Path, requirements: list[Path], log: Path) -> bool:
    files = [part for path in requirements for part in ("-r", str(path))]
    command = [str(folder / "bin" / "python"), "-m", "pip", *_PIP, *files]
    with log.open("w") as output:
        try:
            done = subprocess.run(  # noqa: S603 - our own command
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=_SECONDS, check=False
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


def main() -> None:
    """Set up what the arguments name, and become the command after ``--then``; a line and status 1 where that fails."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    arguments, _, command = _split(sys.argv[1:])
    folder, *requirements = (Path(argument) for argument in arguments)
    try:
        ensure_environment(folder, requirements)
    except SetUpFailed as exc:
        sys.exit(f"error: {exc}")
    if command:
        os.execv(command[0], command)  # noqa: S606 - our own command


def _split(arguments: list[str]) -> tuple[list[str], list[str], list[str]]:
    at = arguments.index("--then") if "--then" in arguments else len(arguments)
    return arguments[:at], arguments[at : at + 1], arguments[at + 1 :]


def _end(number: int, _frame: object) -> None:
    """End as any program that a signal ends, and pip with it: a call that is left by an exception kills its process."""
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
