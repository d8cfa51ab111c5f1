"""The time from a fresh clone to the first forecast, beside pip's time for the same packages.

Both start with an empty environment and without a cache, and download from the package index. The benchmark takes about
three minutes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.report import parser, report, seconds_of
from test_support.network.ports import free_port
from test_support.paths import ROOT


def main() -> None:
    """Measure both once and print the ratio. The goal is at most 0.35."""
    file = parser(__doc__).parse_args().json
    with tempfile.TemporaryDirectory() as work:
        start_s = _first_start(Path(work))
        pip_s = _pip_install(Path(work))
    load = os.getloadavg()[0]
    report({"first_start_ratio": start_s / pip_s, "first_start_s": start_s, "pip_install_s": pip_s, "load": load}, file)


def _first_start(work: Path) -> float:
    """Return the seconds from the start of a fresh clone to the first line of a forecast."""
    clone = work / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    settings = {"PORT": str(free_port()), "PROVIDERS": "sample"}
    command = [str(clone / "run_app.sh"), "forecast", "AAPL"]
    environment = _empty_environment(work / "home of the start") | settings
    with subprocess.Popen(command, cwd=clone, env=environment, stdout=subprocess.PIPE, text=True) as app:
        assert app.stdout is not None  # noqa: S101 - a pipe was asked for
        seconds = seconds_of(app.stdout.readline)
        app.stdout.read()
    if app.returncode != 0:
        raise SystemExit("the first start failed")
    return seconds


def _pip_install(work: Path) -> float:
    """Return the seconds that pip takes to install the app's packages into a fresh environment."""
    environment = _empty_environment(work / "home of pip")
    base = getattr(sys, "_base_executable", sys.executable)
    subprocess.run([base, "-m", "venv", str(work / "venv")], env=environment, check=True)
    command = [str(work / "venv" / "bin" / "pip"), "install", "--quiet", "-r", str(ROOT / "requirements.txt")]
    return seconds_of(lambda: subprocess.run(command, env=environment, check=True))


def _empty_environment(home: Path) -> dict[str, str]:
    home.mkdir()
    return {"HOME": str(home), "PATH": os.defpath}


if __name__ == "__main__":
    main()
