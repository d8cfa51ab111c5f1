"""A fact about a stock: one number with its unit, its date, its source, and how unusual it is."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Fact(BaseModel):
    """One fact, computed from data up to its date and nothing later.

    ``text`` is the value as a sentence shows it. A sentence contains no digit that is not from the texts of its facts.
    """

    model_config = ConfigDict(frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)] = Field(
        description="The fact's name for programs, unique within an answer. It never changes its meaning."
    )
    name: str = Field(description="The fact's name for people.")
    value: float | int | str = Field(description="The value, in `unit`.")
    unit: str = Field(description="The unit of `value`. It is empty for a word and for a count without a unit.")
    text: str = Field(description="The value as a sentence shows it, such as `3.2 %`.")
    date: dt.date = Field(description="The day of the newest data that the fact rests on.")
    percentile: Annotated[float, Field(ge=0, le=100)] | None = Field(
        description="How the value ranks among the compared days, in percent: above 50 the share with a smaller value, "
        "below 50 what the share with a larger one leaves of 100, and 50 if neither is a majority. Null if the fact is "
        "not compared."
    )
    days_compared: Annotated[int, Field(ge=1)] | None = Field(
        description="The number of days of the stock's own past that the value is compared with. Null without them."
    )
    source: str = Field(description="The source of the data, such as the name of the price source.")
