"""The table of faults claims nothing that no test shows."""

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]


def test_every_test_that_the_table_of_faults_names_is_there():
    named = set(re.findall(r"`(?:\w+/)?(test_\w+)`", (TESTS / "faults" / "README.md").read_text()))
    modules = {path.stem: path.read_text() for path in TESTS.glob("**/test_*.py")}
    functions = set(re.findall(r"^def (test_\w+)", "\n".join(modules.values()), re.MULTILINE))
    assert len(named) > 40
    assert named - functions - set(modules) == set()
