"""The page's own words against what the services send."""

import re
from pathlib import Path

from common.domain.errors import BY_CODE

WORDS = Path("static/words.js").read_text()


def test_the_page_has_words_for_every_error_code():
    table = WORDS.partition("const FAILURES = {")[2].partition("\n};")[0]
    worded = set(re.findall(r"^  (\w+): \{", table, re.MULTILINE))
    assert set(BY_CODE) - worded == set()
