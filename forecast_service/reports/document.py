"""A document as plain values: headings, paragraphs, tables and figures. HTML and PDF are made of the same one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Tone = Literal["plain", "lead", "notice", "small"]
"""The look of a paragraph. A notice states what a reader must know before using the figures."""


@dataclass(frozen=True)
class Heading:
    """A heading. ``level`` 1 begins a stock, 2 a part. ``anchor`` is the place to which a link in a table leads."""

    text: str
    level: Literal[1, 2] = 2
    anchor: str = ""
    kind: str = "heading"


@dataclass(frozen=True)
class Paragraph:
    """A paragraph."""

    text: str
    tone: Tone = "plain"
    kind: str = "paragraph"


@dataclass(frozen=True)
class ListOf:
    """A list of sentences."""

    items: tuple[str, ...]
    kind: str = "list"


@dataclass(frozen=True)
class Figure:
    """A drawing with its caption; ``alt`` is what a screen reader reads in its place."""

    svg: str
    alt: str
    caption: str
    kind: str = "figure"


@dataclass(frozen=True)
class Row:
    """A row of a table.

    The first cell names the row. A row with fewer cells than the table has columns fills the rest with its last cell.
    ``link`` is the anchor to which the first cell leads; empty for none.
    """

    cells: tuple[str, ...]
    link: str = ""


@dataclass(frozen=True)
class Table:
    """A table: its caption, the heads of its columns, and its rows.

    Args:
        caption: the title of the table.
        heads: the heads of the columns.
        rows: the rows.
        numbers: the places of the columns with numbers, which are aligned at the right.
        wide: the places of the columns that share the room that the others leave.
    """

    caption: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    numbers: tuple[int, ...] = ()
    wide: tuple[int, ...] = (0,)
    kind: str = "table"


Plain = Heading | Paragraph | ListOf | Figure | Table


@dataclass(frozen=True)
class Columns:
    """Two groups of blocks side by side, where there is room."""

    left: tuple[Plain, ...]
    right: tuple[Plain, ...]
    kind: str = "columns"


@dataclass(frozen=True)
class PageBreak:
    """The end of a page."""

    kind: str = "page_break"


Block = Plain | Columns | PageBreak


@dataclass(frozen=True)
class Document:
    """A document: its title, its footer, and its blocks in the order of reading."""

    title: str
    footer: str
    blocks: tuple[Block, ...]
    language: str = field(default="en")
