"""Tables of raw prices, one row a day, with a column of split factors; and how one is read from CSV."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pandas as pd

from ingestion_service.providers.refusals import no_table, understood
from ingestion_service.splits import split_adjusted

_LARGEST_SPLIT = 1e6
"""No share was ever split into so many, or made of so many."""


def read_table(source: str, body: bytes, *, day: str, numbers: Sequence[str]) -> pd.DataFrame:
    """Read the columns ``numbers`` by the column ``day``, in order of time.

    Raises:
        ProviderUnavailable: the answer is not such a table.
    """
    return understood(source, lambda: _frame(body, day, numbers)).sort_index()


def adjusted_by(source: str, factor: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Express the prices in shares of the last day, by the column ``factor``; see :func:`split_adjusted`.

    Raises:
        ProviderUnavailable: a row has no day or no factor (where an answer was cut off, its last line is short), or
            two rows of one day name different splits.
    """
    factors = frame[factor]
    if frame.index.hasnans or not factors.between(1 / _LARGEST_SPLIT, _LARGEST_SPLIT).all():
        raise no_table(source)
    if factors.index.has_duplicates and (factors.groupby(level=0).nunique() > 1).any():
        raise no_table(source)
    return split_adjusted(frame, factors)


def _frame(body: bytes, day: str, numbers: Sequence[str]) -> pd.DataFrame:
    types = {day: "str", **dict.fromkeys(numbers, "float64")}
    frame = pd.read_csv(io.BytesIO(body), usecols=[day, *numbers], dtype=types)
    days = pd.to_datetime(frame.pop(day).str.slice(0, 10), format="%Y-%m-%d")
    return frame.set_index(pd.DatetimeIndex(days, name="date"))
