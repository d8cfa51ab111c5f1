"""The table of faults names existing tests only."""

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]


def test_every_test_in_the_table_of_faults_exists():
    named = set(re.findall(r"`(?:\w+/)?(test_\w+)`", (TESTS / "faults" / "README.md").read_text()))
    modules = {path.stem: path.read_text() for path in TESTS.glob("**/test_*.py")}
    functions = set(re.findall(r"^def (test_\w+)", "\n".join(modules.values()), re.MULTILINE))
    assert len(named) > 40
    assert named - functions - set(modules) == set()
