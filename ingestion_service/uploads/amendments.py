"""The amendment of a stored series by the days of a file."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.domain.prices import COLUMNS, PriceSeries
from ingestion_service.prices.checks import SAME_CLOSE

_RANGE = ("open", "high", "low")


def amend(stored: PriceSeries, new: PriceSeries, columns: Collection[str]) -> tuple[PriceSeries, Sequence[str]]:
    """Return the stored series with the days of the new one, and notes.

    A day of both has the new cells in the columns of the file, and the stored cells in the others. A stored cell that
    the new close contradicts is left out: the open, high and low if they do not fit together with the new cells, and
    the adjusted close if the close differs from the stored one.

    Args:
        stored: the stored series.
        new: the days of the file.
        columns: the columns that the file has.
    """
    common = new.frame.index.intersection(stored.frame.index)
    kept_columns = [name for name in COLUMNS if name not in columns]
    combined = new.frame.loc[common].assign(**{name: stored.frame.loc[common, name] for name in kept_columns})
    is_changed = np.abs(combined["close"] / stored.frame.loc[common, "close"] - 1).to_numpy() > SAME_CLOSE
    consistent = _clear(combined, [name for name in _RANGE if name in kept_columns], _contradicts(combined))
    consistent = _clear(consistent, [name for name in ("adj_close",) if name in kept_columns], is_changed)
    cleared = int((consistent.isna() & combined.notna()).any(axis=1).sum())
    others = [series.frame.loc[series.frame.index.difference(common)] for series in (stored, new)]
    frame = pd.concat([consistent, *others]).sort_index()
    days = "1 day" if cleared == 1 else f"{cleared} days"
    note = f"Stored prices beside the close were left out on {days}, because the new close contradicts them."
    flags = tuple(dict.fromkeys((*stored.flags, *new.flags)))
    return replace(new, frame=frame, flags=flags), [note] if cleared else []


def _contradicts(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Mark each day whose open or close is outside the range from its low to its high."""
    ends = frame[["open", "close"]]
    return np.asarray((ends.min(axis=1) < frame["low"]) | (ends.max(axis=1) > frame["high"]))


def _clear(frame: pd.DataFrame, names: Sequence[str], days: npt.NDArray[np.bool_]) -> pd.DataFrame:
    return frame.assign(**{name: frame[name].mask(days) for name in names})
