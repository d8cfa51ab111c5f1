"""A document as one HTML file: no script, no other file, and a policy that forbids both."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from functools import cache
from html import escape
from itertools import count
from pathlib import Path
from typing import Any

from forecast_service.reports.document import (
    Block,
    Columns,
    Document,
    Figure,
    Heading,
    ListOf,
    PageBreak,
    Paragraph,
    Row,
    Table,
)

STYLES = Path(__file__).with_name("page.css")
MANY_COLUMNS = 5
"""A table of so many columns scrolls on a narrow screen."""
_DEFINED = re.compile(r'\sid="([^"]+)"')
_USED = re.compile(r'(url\(#|href="#)([^")]+)')


def html_of(document: Document) -> str:
    """Return the page. Equal documents have equal pages."""
    styles, policy = _styles()
    numbers = count(1)
    body = "\n".join(_block(block, numbers) for block in document.blocks)
    pages = body.replace(_BREAK, "</section>\n<section>")
    return f"""<!DOCTYPE html>
<html lang="{escape(document.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Stockcast">
<title>{escape(document.title)}</title>
<style>{styles}</style>
</head>
<body>
<main>
<section>
{pages}
</section>
</main>
<footer><p>{escape(document.footer)}</p></footer>
</body>
</html>
"""


_BREAK = "<!-- page -->"


@cache
def _styles() -> tuple[str, str]:
    """Return the style sheet, and the policy that allows nothing but this sheet."""
    styles = STYLES.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(styles.encode()).digest()).decode()
    return styles, f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _block(block: Block, numbers: Any) -> str:
    if isinstance(block, Figure):
        return _figure(block, f"f{next(numbers)}-")
    if isinstance(block, Columns):
        sides = ("\n".join(_block(one, numbers) for one in side) for side in (block.left, block.right))
        return '<div class="columns">' + "".join(f"<div>{side}</div>" for side in sides) + "</div>"
    return _SIMPLE[type(block)](block)


def _heading(block: Heading) -> str:
    anchor = f' id="{escape(block.anchor)}"' if block.anchor else ""
    return f"<h{block.level}{anchor}>{escape(block.text)}</h{block.level}>"


def _paragraph(block: Paragraph) -> str:
    return f'<p class="{block.tone}">{escape(block.text)}</p>'


def _list(block: ListOf) -> str:
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in block.items) + "</ul>"


def _figure(block: Figure, prefix: str) -> str:
    svg = _with_own_ids(block.svg[block.svg.index("<svg") :], prefix)
    # Wide drawings scroll on a narrow screen, so their box takes the keyboard's focus.
    box = f'<div class="drawing" tabindex="0" role="group" aria-label="{escape(block.caption)}">{svg}</div>'
    return f"<figure>{box}<figcaption>{escape(block.caption)}</figcaption></figure>"


def _table(block: Table) -> str:
    heads = "".join(
        f'<th scope="col"{_class(place, block)}>{escape(head)}</th>' for place, head in enumerate(block.heads)
    )
    rows = "\n".join(_row(row, block) for row in block.rows)
    caption = escape(block.caption)
    many = ' class="many"' if len(block.heads) >= MANY_COLUMNS else ""
    return (
        f'<div class="table" tabindex="0" role="group" aria-label="{caption}"><table{many}><caption>{caption}</caption>'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>{rows}</tbody></table></div>"
    )


def _row(row: Row, table: Table) -> str:
    first, *others = row.cells
    name = f'<a href="#{escape(row.link)}">{escape(first)}</a>' if row.link else escape(first)
    cells = [f'<th scope="row">{name}</th>']
    missing = len(table.heads) - len(row.cells)
    for place, cell in enumerate(others, start=1):
        if missing and place == len(others):
            cells.append(f'<td colspan="{1 + missing}">{escape(cell)}</td>')
        else:
            cells.append(f"<td{_class(place, table)}>{escape(cell)}</td>")
    return f"<tr>{''.join(cells)}</tr>"


def _class(place: int, table: Table) -> str:
    return ' class="number"' if place in table.numbers else ""


def _with_own_ids(svg: str, prefix: str) -> str:
    """Return a drawing whose ids are those of no other drawing on the page. Ids that nothing uses are left out."""
    used = {match[2] for match in _USED.finditer(svg)}
    named = _DEFINED.sub(lambda match: f' id="{prefix}{match[1]}"' if match[1] in used else "", svg)
    return _USED.sub(lambda match: f"{match[1]}{prefix}{match[2]}", named)


_SIMPLE: dict[type, Callable[[Any], str]] = {
    Heading: _heading,
    Paragraph: _paragraph,
    ListOf: _list,
    Table: _table,
    PageBreak: lambda _: _BREAK,
}
