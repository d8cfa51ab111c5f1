"""Reads the tags of a PDF, as a screen reader and a validator of PDF/UA do."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject

FONT_FILES = {"/FontFile", "/FontFile2", "/FontFile3"}


@dataclass(frozen=True)
class Tag:
    """A tag of the structure tree: its role, without the slash, and its alternative text."""

    role: str
    alt: str


class TaggedPdf:
    """A PDF with its structure tree."""

    def __init__(self, pdf: bytes) -> None:
        self.reader = PdfReader(io.BytesIO(pdf), strict=True)
        self.catalog: Any = self.reader.trailer["/Root"]

    @property
    def text(self) -> str:
        """The text of all pages."""
        return "\n".join(page.extract_text() for page in self.reader.pages)

    @property
    def tags(self) -> list[Tag]:
        """The tags in the order of reading."""
        return list(_tags(self.catalog["/StructTreeRoot"]))

    def fonts_without_file(self) -> list[str]:
        """Return the names of the fonts that are not embedded."""
        return [
            str(font["/BaseFont"])
            for page in self.reader.pages
            for font in _fonts(page["/Resources"].get_object())
            if not FONT_FILES & set(_descriptor(font))
        ]


def _tags(node: Any) -> Iterator[Tag]:
    node = node.get_object()
    if isinstance(node, ArrayObject):
        for child in node:
            yield from _tags(child)
    elif isinstance(node, DictionaryObject):
        if "/S" in node:
            yield Tag(str(node["/S"]).removeprefix("/"), str(node.get("/Alt", "")))
        if "/K" in node:
            yield from _tags(node["/K"])


def _fonts(resources: Any) -> Iterator[Any]:
    """Yield the fonts of a page and of the drawings on it."""
    for font in resources.get("/Font", {}).values():
        yield font.get_object()
    for drawing in resources.get("/XObject", {}).values():
        if "/Resources" in drawing.get_object():
            yield from _fonts(drawing.get_object()["/Resources"].get_object())


def _descriptor(font: Any) -> Any:
    inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
    return inner["/FontDescriptor"].get_object()
