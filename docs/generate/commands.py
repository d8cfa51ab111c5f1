"""Runs the command line's examples, and writes what they print."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from docs.generate.answers import EXAMPLES
from docs.generate.screenshots import IMAGES
from test_support.paths import ROOT

COMMANDS = {
    "cli_forecast": ["forecast", "AAPL", "--days", "30"],
    "cli_csv": ["forecast", "AAPL", "MSFT", "--csv"],
    "cli_evaluate": ["evaluate", "AAPL", "--days", "21", "--models", "drift,blend,prophet,garch"],
    "cli_patterns": ["patterns", "AAPL", "--candles", "G G G R", "--in", "MSFT", "--hits", "3"],
}
FORECAST_PNG = IMAGES / "forecast.png"


def run_commands(port: int) -> Iterator[tuple[Path, str]]:
    """Run each command against the stack on ``port``; yield the example's path and text."""
    with tempfile.TemporaryDirectory() as folder:
        for name, words in COMMANDS.items():
            yield EXAMPLES / f"{name}.txt", _run(words, port, folder)


def copy_chart(port: int) -> None:
    """Write the picture that ``forecast`` makes."""
    with tempfile.TemporaryDirectory() as folder:
        _run(COMMANDS["cli_forecast"], port, folder)
        shutil.copy(Path(folder) / "AAPL-30d.png", FORECAST_PNG)


def _run(words: list[str], port: int, folder: str) -> str:
    out = ["--out", folder] if words[0] == "forecast" else []
    command = [sys.executable, "-m", "cli", *words, *out]
    environment = os.environ | {"PORT": str(port), "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    return f"$ ./run_app.sh {shlex.join(words)}\n{done.stdout.replace(folder + '/', '')}"
