"""Installation of package lists with uv: the machine's uv, or one that pip installs into the environment.

This module imports the standard library only.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import ssl
import subprocess
import sys
from pathlib import Path
from typing import TextIO

_UV_LIST = Path(__file__).resolve().parents[2] / "requirements" / "uv.txt"
_TIMEOUT_S = 1800
_PIP_OPTIONS = ("--disable-pip-version-check", "--no-input", "--progress-bar=off", "--retries=2", "--timeout=15")

_UV_NAMES = {
    "index-url": "UV_INDEX_URL",
    "extra-index-url": "UV_EXTRA_INDEX_URL",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
}
"""pip's settings, with the environment variables of uv that have the same meaning."""

_PYTHON_OPTIONS = {
    *("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONIOENCODING", "PYTHONUTF8", "PYTHONUNBUFFERED"),
}
"""Python's variables that a user may set for the command line."""


class SetUpFailed(Exception):
    """The set-up failed. The message is one line: what happened and what to do."""


def install(folder: Path, lists: list[Path], *, reinstall: bool = False) -> None:
    """Install the packages of ``lists`` into the environment in ``folder``.

    Args:
        folder: a virtual environment, with or without pip and uv.
        lists: files of pinned packages.
        reinstall: write the files of installed packages again.

    Raises:
        SetUpFailed: the packages could not be installed.
    """
    python = str(folder / "bin" / "python")
    files = [word for path in lists for word in ("-r", str(path))]
    options = ["--reinstall"] if reinstall else []
    with (folder / "install.log").open("w") as log:
        uv = _system_uv() or _environment_uv(folder, python, log)
        _run([uv, "pip", "install", "--python", python, *options, *files], log, _uv_settings(python))


def without_python_options() -> dict[str, str]:
    """Return the environment without another Python's variables, such as a PYTHONHOME that prevents a start."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith("PYTHON") or name in _PYTHON_OPTIONS
    }


def _system_uv() -> str | None:
    uv = shutil.which("uv")
    # A shim on the PATH may exist and start nothing.
    return uv if uv and _output_of([uv, "--version"]) else None


def _environment_uv(folder: Path, python: str, log: TextIO) -> str:
    uv = str(folder / "bin" / "uv")
    if _output_of([uv, "--version"]):
        return uv
    try:
        _run([python, "-m", "ensurepip"], log)
    except SetUpFailed:
        message = "This Python has no pip. Install it (Debian, Ubuntu: apt install python3-venv), or install uv."
        raise SetUpFailed(message) from None
    _run([python, "-m", "pip", "install", *_PIP_OPTIONS, "-r", str(_UV_LIST)], log)
    return uv


def _run(command: list[str], log: TextIO, settings: dict[str, str] | None = None) -> None:
    environment = (settings or {}) | without_python_options()
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise SetUpFailed(f"The installation took longer than {_TIMEOUT_S} s. Run the command again.") from None
    if done.returncode != 0:
        raise SetUpFailed(_reason(Path(log.name)))


def _output_of(command: list[str]) -> str:
    """Return the output of a command, or an empty string if it fails."""
    try:
        done = subprocess.run(command, env=without_python_options(), capture_output=True, text=True, check=False)  # noqa: S603
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""


def _uv_settings(python: str) -> dict[str, str]:
    """Return pip's settings of the package index as variables of uv, which does not read pip's settings itself."""
    base = getattr(sys, "_base_executable", sys.executable)
    pip = next(filter(None, (_output_of([one, "-m", "pip", "config", "list"]) for one in (python, base))), "")
    settings = _pip_settings(pip)
    uv = {_UV_NAMES[name]: value for name, value in settings.items() if name in _UV_NAMES}
    if "find-links" in settings:
        uv["UV_FIND_LINKS"] = ",".join(settings["find-links"].split())
    # pip takes the best match of all indexes. uv's default takes the first index that has the package.
    uv["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    if ssl.get_default_verify_paths().cafile:
        uv |= {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true"}  # the second is an older uv's name
    return uv


def _pip_settings(listed: str) -> dict[str, str]:
    """Return the settings of ``pip config list``. For each, the section counts that ``pip install`` prefers."""
    settings: dict[str, str] = {}
    for section in ("global", "install", ":env:"):
        for name, value in re.findall(rf"^{section}\.([\w-]+)=(.+)$", listed, re.MULTILINE):
            settings[name] = str(ast.literal_eval(value))
    return settings


def _reason(log: Path) -> str:
    """Return what happened and what to do, from the messages of pip or uv in ``log``."""
    text = log.read_text(errors="replace")
    signs = ("NewConnectionError", "NameResolutionError", "ConnectTimeout", "ReadTimeout", "(Connect)", "timed out")
    if any(sign in text for sign in signs):
        return f"The package index cannot be reached. Check the network and run the command again; see {log}."
    errors = re.findall(r"^(?:error|ERROR): (.+)$", text, re.MULTILINE)
    reason = errors[0][:200].rstrip(".") if errors else "The packages could not be installed"
    return f"{reason}. See {log}; then run the command again."
