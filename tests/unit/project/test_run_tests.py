"""``run_tests.sh`` with stand-ins for its tools: a signal ends the tests that it has started."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from test_support.paths import ROOT
from test_support.waiting import until

TOOLS = [
    "ruff",
    "lint-imports",
    "bandit",
    "hadolint",
    "yamllint",
    "mkdocs",
    "mypy",
    "check-jsonschema",
    "zizmor",
    "npm",
]
PYTEST = """#!{python}
import os, pathlib, sys, time
if "pytest" in sys.argv:
    pathlib.Path("writing").write_text(str(os.getpid()))
    try:
        pathlib.Path("writing").rename("begun")
        time.sleep(600)
    except KeyboardInterrupt:
        pathlib.Path("stopped").touch()  # as pytest, it stops its stacks and exits by itself
        sys.exit(2)
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the script, and with tools that do nothing but a pytest that runs until it is interrupted."""
    shutil.copy(ROOT / "run_tests.sh", tmp_path)
    files = {f".venv/bin/{tool}": "#!/bin/sh\n" for tool in TOOLS} | {
        ".venv/bin/python": PYTEST.format(python=sys.executable),
        "requirements/lock.sh": "#!/bin/sh\n",
        "cli/setup/find_python.sh": "python=true\n",
        "page_types/openapi.json": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    return tmp_path


def interrupted(checkout: Path, number: signal.Signals, of_sigint: str) -> tuple[int, str]:
    """Send a signal to the script while its pytest runs. Return the exit status and the output.

    Args:
        checkout: the folder of the script.
        number: the signal.
        of_sigint: what the script does at SIGINT by inheritance, ``SIG_DFL`` or ``SIG_IGN``.
    """
    start = (
        f"import os, signal, sys; signal.signal(signal.SIGINT, signal.{of_sigint}); os.execv(sys.argv[1], sys.argv[1:])"
    )
    command = [sys.executable, "-c", start, str(checkout / "run_tests.sh"), "--quick"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as script:
        until(lambda: (checkout / "begun").exists() or script.poll() is not None)
        script.send_signal(number)
        output, _ = script.communicate()
    return script.returncode, output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_interrupts_the_tests_that_run(checkout: Path, number: signal.Signals) -> None:
    status, output = interrupted(checkout, number, "SIG_DFL")
    assert status == 130, output
    assert (checkout / "stopped").exists()


def test_tests_that_ignore_interrupts_are_ended(checkout: Path) -> None:
    status, output = interrupted(checkout, signal.SIGTERM, "SIG_IGN")
    assert status == 130, output
    pid = int((checkout / "begun").read_text())
    until(lambda: not psutil.pid_exists(pid))
