"""The text of an uploaded file: its encoding, and files that are no text."""

from __future__ import annotations

import codecs

from common.domain.errors import InvalidFile

_NO_TABLES = {
    b"PK\x03\x04": "This is an Excel workbook or a ZIP archive. Save the sheet as CSV and send that.",
    b"\xd0\xcf\x11\xe0": "This is an old Excel workbook. Save the sheet as CSV and send that.",
    b"\x1f\x8b": "This file is compressed. Unpack it and send the CSV.",
    b"%PDF": "This is a PDF. Send the prices as CSV.",
    b"PAR1": "This is a Parquet file. Send the prices as CSV.",
    b"version https://git-lfs": "This is a pointer of Git LFS, not the file itself. Download the file and send that.",
}
"""The first bytes of files that people send by mistake, and what to do."""
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark is the beginning of this one
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_PROBED_BYTES = 2000
_WEB_PAGE = ("<!doctype", "<html", "<?xml")
EMPTY = "The file is empty. Send a table with the columns date and close."
NO_TEXT = "The file is no text. Send the prices as CSV or JSON in UTF-8."


def decode(body: bytes) -> tuple[str, list[str]]:
    """Return the text of a file, and notes on its encoding.

    A byte-order mark decides, then UTF-16 by its zero bytes, then UTF-8. What is none of these is Windows-1252, which
    contains Latin-1: in a table of prices its letters occur in headers and units only.

    Raises:
        InvalidFile: the file is empty, or no text.
    """
    for beginning, advice in _NO_TABLES.items():
        if body.startswith(beginning):
            raise InvalidFile(advice)
    encoding = _find_encoding(body)
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as exc:
        raise InvalidFile(NO_TEXT) from exc
    if not text.strip():
        raise InvalidFile(EMPTY)
    if "\0" in text:
        raise InvalidFile(NO_TEXT)
    if text.lstrip()[:20].casefold().startswith(_WEB_PAGE):
        raise InvalidFile("This is a web page or XML, not a table. Download the CSV itself and send that.")
    return text, ["The text was read as Windows-1252."] if encoding == "cp1252" else []


def _find_encoding(body: bytes) -> str:
    for mark, encoding in _MARKS.items():
        if body.startswith(mark):
            return encoding
    probe = body[:_PROBED_BYTES]
    if probe.count(0) * 3 > len(probe):
        return "utf-16-be" if probe[:1] == b"\0" else "utf-16-le"
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"
