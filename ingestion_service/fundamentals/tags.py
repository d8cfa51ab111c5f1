"""Reads some tags of the SEC's file of a company's figures, without building the rest of the file in memory."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from common.domain.companies.document import Filing
from ingestion_service.fundamentals.sec_client import unreadable

_FORMS = ("10-K", "10-Q", "20-F", "40-F", "6-K")
"""The beginnings of the forms whose figures are read. A prospectus may have others, of parts of a company."""
_LARGEST = 1e17
_TAXONOMY = re.compile(r'"(dei|us-gaap|ifrs-full|srt|invest|ecd|ffd|cyd)"\s*:\s*\{')
_FACTS = re.compile(r'"facts"\s*:\s*\{')
_decode = json.JSONDecoder().raw_decode


@dataclass(frozen=True)
class Entry:
    """A filed value of a period, or of a day if it has no start."""

    value: float
    start: date | None
    end: date
    filing: Filing

    @property
    def days(self) -> int:
        """The number of days of the period; 0 for a value of one day."""
        return (self.end - self.start).days + 1 if self.start else 0


Units = Mapping[str, list[Entry]]
"""The entries of a tag by unit."""


def read_tags(body: bytes, wanted: Collection[str]) -> dict[str, Units]:
    """Return the entries of the wanted tags that the file has.

    A large company's file has 12 MB, of which these tags are a hundredth: they are found by their names, and only they
    are parsed.

    Args:
        body: the JSON.
        wanted: the tags, such as ``us-gaap:Revenues``.

    Raises:
        ProviderUnavailable: it is no such file.
    """
    try:
        return _read_text(body.decode(), wanted)
    except (ValueError, RecursionError):
        raise unreadable() from None


def _read_text(text: str, wanted: Collection[str]) -> dict[str, Units]:
    facts = _FACTS.search(text)
    if facts is None or not text.rstrip().endswith("}"):
        raise unreadable()
    starts = [(found[1], found.start()) for found in _TAXONOMY.finditer(text, facts.end())]
    ends = [*(begin for _, begin in starts[1:]), len(text)]
    parts = {taxonomy: (begin, end) for (taxonomy, begin), end in zip(starts, ends, strict=True)}
    found: dict[str, Units] = {}
    for name in wanted:
        taxonomy, tag = name.split(":")
        if taxonomy in parts and (units := _read_tag(text, tag, *parts[taxonomy])):
            found[name] = units
    return found


def _read_tag(text: str, tag: str, begin: int, end: int) -> Units:
    # A quotation mark in a description has a backslash before it, so a name with both marks is a key.
    key = re.compile(rf'"{tag}"\s*:\s*(?=\{{)').search(text, begin, end)
    if key is None:
        return {}
    content, _ = _decode(text, key.end())
    units = content.get("units")
    if not isinstance(units, dict):
        return {}
    read = {unit: list(_entries(rows)) for unit, rows in units.items() if isinstance(rows, list)}
    return {unit: entries for unit, entries in read.items() if entries}


def _entries(rows: list[Any]) -> Iterator[Entry]:
    for row in rows:
        if not isinstance(row, dict):
            continue
        form, value, accession = row.get("form"), _number(row.get("val")), row.get("accn")
        start, end, filed = (_day(row.get(name)) for name in ("start", "end", "filed"))
        is_read = isinstance(form, str) and form.startswith(_FORMS) and isinstance(accession, str)
        if is_read and value is not None and end and filed and (start is None or start <= end) and end <= filed:
            yield Entry(value, start, end, Filing(form=str(form), filed=filed, accession=str(accession)))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and abs(number) < _LARGEST else None


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None
