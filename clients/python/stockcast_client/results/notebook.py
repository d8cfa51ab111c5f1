"""HTML for notebooks. Every text of the server is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}\Z")
NO_ADVICE = "This is not investment advice."


def paragraph(text: str) -> str:
    """Return a paragraph."""
    return f"<p>{escape(text)}</p>"


def chart(png_base64: str | None, description: str) -> str:
    """Return an image of a PNG in base64; nothing if the text is none."""
    if not png_base64 or not _BASE64.match(png_base64):
        return ""
    return f'<img alt="{escape(description)}" style="max-width:100%" src="data:image/png;base64,{png_base64}">'


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table."""
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell_text(cell))}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def cell_text(value: object) -> str:
    """Return a value as the text of a cell."""
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
