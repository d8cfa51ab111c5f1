"""A document as a tagged PDF (PDF/UA-1), made by Typst from the template beside this module.

Texts travel to the template as JSON, so that no text is ever read as Typst's markup.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from forecast_service.reports.document import Document

TEMPLATE = Path(__file__).with_name("template.typ")
STANDARD = "ua-1"
_PAGES = re.compile(rb"/Type/Pages/Count (\d+)")


def pdf_of(document: Document) -> bytes:
    """Return the PDF. Equal documents have equal bytes: it has no date and no random id."""
    made: bytes = _compiler().compile(
        format="pdf",
        sys_inputs={"document": json.dumps(asdict(document))},
        pdf_standards=STANDARD,
        timestamp=0,
    )
    return made


def page_count(pdf: bytes) -> int:
    """Return the number of pages of a PDF of :func:`pdf_of`."""
    # The first object is the root of the pages. A title comes later, and may have any text.
    found = _PAGES.search(pdf)
    return int(found[1]) if found else 1


def can_draw(text: str) -> bool:
    """Return whether the fonts have all letters of a text. Chinese, Japanese and Korean ones would take megabytes."""
    return all(ord(letter) in _letters() for letter in text)


@cache
def _letters() -> frozenset[int]:
    """Return the code points of the font that Typst takes where its own lacks a letter."""
    from matplotlib.ft2font import FT2Font  # noqa: PLC0415

    return frozenset(FT2Font(str(_fonts() / "DejaVuSans.ttf")).get_charmap())


def _fonts() -> Path:
    import matplotlib as mpl  # noqa: PLC0415

    return Path(mpl.get_data_path()) / "fonts" / "ttf"


@cache
def _compiler() -> Any:
    """Return the compiler, which has read its fonts. Typst is imported here: a forecast does not need it."""
    import typst  # noqa: PLC0415

    return typst.Compiler(
        str(TEMPLATE), root=str(TEMPLATE.parent), font_paths=[str(_fonts())], ignore_system_fonts=True
    )
