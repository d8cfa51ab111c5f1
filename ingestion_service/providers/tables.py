"""CSV answers: one row a day, raw prices, and a column of split factors."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pandas as pd

from ingestion_service.providers.refusals import no_table, understood


def read_table(source: str, body: bytes, *, day: str, numbers: Sequence[str], factor: str) -> pd.DataFrame:
    """Read the columns ``numbers`` by the column ``day``, in order of time; ``factor`` is one of the numbers.

    Raises:
        ProviderUnavailable: the answer is not such a table, or was cut off: its last line is short then.
    """
    frame = understood(source, lambda: _frame(body, day, numbers))
    if frame.index.hasnans or not (frame[factor] > 0).all():
        raise no_table(source)
    return frame.sort_index()


def _frame(body: bytes, day: str, numbers: Sequence[str]) -> pd.DataFrame:
    types = {day: "str", **dict.fromkeys(numbers, "float64")}
    frame = pd.read_csv(io.BytesIO(body), usecols=[day, *numbers], dtype=types)
    days = pd.to_datetime(frame.pop(day).str.slice(0, 10), format="%Y-%m-%d")
    return frame.set_index(pd.DatetimeIndex(days, name="date"))
