"""An upload of prices: what a client may say about its file, and the report on the file's rows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from common.domain.errors import FaultyRow

MAX_UPLOAD_BYTES = 16 * 1024 * 1024
"""The longest file."""
MOST_LISTED_ROWS = 50
"""The most faulty rows that a report lists; it counts the others."""
_LISTED_BYTES = 9000
"""The most bytes of the listed rows: the report is part of a reply, which has at most 16 KiB."""

DateOrder = Literal["dmy", "mdy", "ymd"]
DecimalMark = Literal["point", "comma"]


class UploadOptions(BaseModel):
    """The properties of a file that its client states.

    Args:
        currency: the unit of the prices; None if the file names it, or if it is unknown.
        partial: whether to store the good rows of a file with faulty ones.
        date_order: the order of day, month and year; None if the dates show it.
        decimal: the decimal mark; None if the numbers show it.
    """

    model_config = ConfigDict(frozen=True, strict=True)

    currency: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{3}$")] | None = Field(
        default=None, description="The unit of the prices, such as EUR or GBp (pence)."
    )
    partial: bool = Field(default=False, description="Whether to store the good rows of a file with faulty rows.")
    date_order: DateOrder | None = Field(
        default=None, description="The order of day, month and year, if the dates do not show it."
    )
    decimal: DecimalMark | None = Field(default=None, description="The decimal mark, if the numbers do not show it.")


class ReportedRow(BaseModel):
    """A row that cannot be stored."""

    model_config = ConfigDict(frozen=True, strict=True)

    line: int = Field(description="The line of the file, from 1, or the position in a JSON list.")
    detail: str = Field(description="The reason.")


class UploadReport(BaseModel):
    """The report on an uploaded file."""

    model_config = ConfigDict(frozen=True, strict=True)

    read: int = Field(default=0, description="The number of rows of the file.")
    added: int = Field(default=0, description="The number of days that were not stored before.")
    changed: int = Field(default=0, description="The number of days whose prices differ from the stored ones.")
    faulty: int = Field(default=0, description="The number of rows that cannot be stored.")
    rows: list[ReportedRow] = Field(default=[], description="The first of these rows.")
    notes: list[str] = Field(default=[], description="How the file was read, in sentences.")


def list_first_rows(faults: Iterable[FaultyRow]) -> list[ReportedRow]:
    """Return the first faulty rows, as many as a reply has room for."""
    listed: list[ReportedRow] = []
    size = 0
    for fault in faults:
        size += len(json.dumps(fault.detail)) + 30
        if size > _LISTED_BYTES or len(listed) == MOST_LISTED_ROWS:
            break
        listed.append(ReportedRow(line=fault.line, detail=fault.detail))
    return listed
