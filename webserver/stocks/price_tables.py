"""Cuts a stored price CSV to a range and writes it as CSV or JSON; it works on text, as pandas needs much memory."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice

from common.domain.errors import Busy
from webserver.http.cooperative_work import in_pieces

_TIME = rb"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d[+-]\d\d:\d\d)?"
_NUMBER = rb"(?:(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?)?"
_ROW = re.compile(rb"%s(?:,%s)+" % (_TIME, _NUMBER))
_HEADER = re.compile(rb"[a-z_]+(?:,[a-z_]+)+")
"""No other row is accepted, so no cell is a formula in a spreadsheet, and every number is valid in JSON."""

_DIVIDED_BYTES, _JOINED_ROWS = 65_536, 500
"""The most bytes divided, and rows joined, before other requests get a turn."""


@dataclass(frozen=True)
class PriceTable:
    """Rows of a price CSV as they are stored, oldest first, each beginning with its date."""

    header: bytes
    rows: Sequence[bytes]

    @classmethod
    def from_csv(cls, body: bytes, start: date | None = None, end: date | None = None) -> PriceTable:
        """Read the rows of a stored CSV from ``start`` to ``end``, both included; None is no bound.

        Raises:
            Busy: they are something other than dates and numbers; a refresh replaces them.
        """
        header, *rows = chain.from_iterable(in_pieces(_lines(body)))
        if not _HEADER.fullmatch(header):
            raise damaged()
        begin = bisect_left(rows, _text(start)) if start else 0
        # The text of a day comes before all rows of that day, and a tilde after all that can follow it in a row.
        stop = bisect_left(rows, _text(end) + b"~") if end else len(rows)
        wanted, columns = rows[begin:stop], header.count(b",")
        if not all(_ROW.fullmatch(row) and row.count(b",") == columns for row in in_pieces(wanted)):
            raise damaged()
        return cls(header, wanted)

    def to_csv(self) -> bytes:
        """Write the table as CSV, with LF."""
        return _joined(b"\n", chain([self.header], self.rows, [b""]))

    def to_json(self, head: dict[str, object]) -> bytes:
        """Write an object: the fields of ``head``, and ``prices``, a list of an object for each row."""
        return json.dumps(head).encode()[:-1] + b', "prices": [' + _joined(b",\n", in_pieces(self._json_rows())) + b"]}"

    def _json_rows(self) -> Iterator[bytes]:
        """Yield each row as a JSON object; an empty cell becomes null."""
        first, *names = (json.dumps(name).encode() for name in self.header.decode().split(","))
        for row in self.rows:
            time, *numbers = row.split(b",")
            cells = (name + b": " + (number or b"null") for name, number in zip(names, numbers, strict=True))
            yield b"{" + first + b': "' + time + b'", ' + b", ".join(cells) + b"}"


def _lines(body: bytes) -> Iterator[list[bytes]]:
    """Yield the lines of a text, some at a time; a line feed at its end begins no other line."""
    at, stop = 0, len(body) - body.endswith(b"\n")
    while at <= stop:
        end = body.find(b"\n", at + _DIVIDED_BYTES, stop)
        end = stop if end < 0 else end
        yield body[at:end].split(b"\n")
        at = end + 1


def _joined(separator: bytes, parts: Iterable[bytes]) -> bytes:
    rest = iter(parts)
    chunks = iter(lambda: list(islice(rest, _JOINED_ROWS)), [])
    return separator.join(in_pieces(map(separator.join, chunks)))


def damaged() -> Busy:
    """Return the failure for a damaged stored CSV."""
    return Busy("The stored prices are damaged. Refresh them.", retry_after_s=5)


def _text(day: date) -> bytes:
    return day.isoformat().encode()
