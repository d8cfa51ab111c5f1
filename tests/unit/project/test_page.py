"""The page's files against each other and against the API's error codes."""

import os
import re
from pathlib import Path
from typing import get_args

from common.domain.errors import FAILURES_BY_CODE
from common.domain.evaluations.question import (
    BUILT_IN,
    LEAST_ORIGINS,
    MAX_EVALUATED_DAYS,
    MOST_ORIGINS,
    YARDSTICK,
)
from common.domain.fields import Field
from common.domain.horizons import HORIZON_GROUPS
from common.domain.patterns.questions import MAX_WINDOW, MIN_WINDOW, MOST_PATTERNS, MOST_TICKERS

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


def test_the_form_of_evaluations_has_the_models_fields_and_limits_of_the_api():
    markup = (STATIC / "evaluations/panel.html").read_text()
    words = (STATIC / "text/evaluations.js").read_text()
    assert re.findall(r'name="model" value="(\w+)"', markup) == [name for name in BUILT_IN if name != YARDSTICK]
    fields = markup.partition('id="evaluation-field"')[2].partition("</select>")[0]
    assert set(re.findall(r'value="(\w+)"', fields)) == set(get_args(Field))
    assert f"MOST_DAYS = {MAX_EVALUATED_DAYS};" in words
    assert f"[FEWEST_ORIGINS, MOST_ORIGINS] = [{LEAST_ORIGINS}, {MOST_ORIGINS}];" in words
    for least, most in ((1, MAX_EVALUATED_DAYS), (LEAST_ORIGINS, MOST_ORIGINS)):
        assert f'min="{least}" max="{most}"' in markup


def test_the_form_of_patterns_has_the_limits_of_the_api():
    words = (STATIC / "text/pattern_questions.js").read_text()
    assert f"MOST_PATTERNS = {MOST_PATTERNS};" in words
    assert f"[FEWEST_DAYS, MOST_DAYS] = [{MIN_WINDOW}, {MAX_WINDOW}];" in words
    assert f"MOST_TICKERS = {MOST_TICKERS};" in words
