"""The page's files against each other and against the API's error codes."""

import re
from pathlib import Path

from common.domain.errors import FAILURES_BY_CODE

STATIC = Path("static")
OTHER_PAGES = {"api_docs", "people", "track_record"}


def test_the_page_has_a_text_for_every_error_code():
    table = (STATIC / "text/failures.js").read_text().partition("const FAILURES = {")[2].partition("\n};")[0]
    worded = set(re.findall(r"^  (\w+): \{", table, re.MULTILINE))
    assert set(FAILURES_BY_CODE) - worded == set()


def test_the_browser_preloads_every_script_that_the_page_imports():
    scripts = {path.as_posix() for path in STATIC.rglob("*.js") if path.parent.name not in OTHER_PAGES}
    preloaded = re.findall(r'rel="modulepreload" href="([^"]+)"', (STATIC / "index.html").read_text())
    assert sorted(preloaded) == sorted(scripts - {"static/page/main.js"})
