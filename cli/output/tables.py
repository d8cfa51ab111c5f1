"""Tables of text: the first column to the left, the others to the right."""

from __future__ import annotations

from collections.abc import Sequence

_INDENT, _BETWEEN = "  ", "  "


def format_table(rows: Sequence[Sequence[str]], *, ends_with_words: bool = False) -> list[str]:
    """Return the lines of a table.

    Args:
        rows: the cells. A row with fewer cells than the first one ends with free text.
        ends_with_words: whether the last column is text, which is aligned to the left.
    """
    whole = [row for row in rows if len(row) == len(rows[0])]
    widths = [max(map(len, column)) for column in zip(*whole, strict=True)]
    widths[0] = max(len(row[0]) for row in rows)
    return [(_INDENT + _BETWEEN.join(_aligned(row, widths, ends_with_words))).rstrip() for row in rows]


def _aligned(row: Sequence[str], widths: Sequence[int], ends_with_words: bool) -> list[str]:
    if len(row) < len(widths):
        return [row[0].ljust(widths[0]), *row[1:]]
    cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
    cells[0] = row[0].ljust(widths[0])
    if ends_with_words:
        cells[-1] = row[-1]
    return cells
