"""The page's files against each other and against the API's error codes."""

import os
import re
from pathlib import Path

from common.domain.errors import FAILURES_BY_CODE
from common.domain.horizons import HORIZON_GROUPS

STATIC = Path("static")
MAIN = "static/page/main.js"


def test_the_page_has_a_text_for_every_error_code():
    table = (STATIC / "text/failures.js").read_text().partition("const FAILURES = {")[2].partition("\n};")[0]
    worded = set(re.findall(r"^  (\w+): \{", table, re.MULTILINE))
    assert set(FAILURES_BY_CODE) - worded == set()


def imported_from(script: str, found: set[str]) -> set[str]:
    """Return the scripts that load with a script, and itself. Those of ``import()`` load later."""
    found.add(script)
    for path in re.findall(r'^(?:import|\}) .*?from "(\.[^"]+)";$', Path(script).read_text(), re.MULTILINE):
        imported = os.path.normpath(Path(script).parent / path)
        if imported not in found:
            imported_from(imported, found)
    return found


def test_the_browser_preloads_every_script_that_the_page_imports():
    preloaded = re.findall(r'rel="modulepreload" href="([^"]+)"', (STATIC / "index.html").read_text())
    assert sorted(preloaded) == sorted(imported_from(MAIN, set()) - {MAIN})


def test_the_form_of_the_track_record_has_the_groups_of_horizons():
    select = (STATIC / "track_record/index.html").read_text().partition('<select name="horizon">')[2]
    options = re.findall(r'<option value="(\d+)">(\d+) (?:to \d+|and more)</option>', select.partition("</select>")[0])
    assert options == [(str(group.last), str(group.first)) for group in HORIZON_GROUPS]
