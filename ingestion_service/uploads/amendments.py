"""The amendment of a stored series by the days of a file."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.domain.markets.price_steps import find_step, mark_same_periods, step_noun
from common.domain.prices import COLUMNS, PriceSeries
from ingestion_service.prices.checks import SAME_CLOSE
from ingestion_service.uploads.reading import count_of

_RANGE = ("open", "high", "low")


def amend(stored: PriceSeries, new: PriceSeries, columns: Collection[str]) -> tuple[PriceSeries, Sequence[str]]:
    """Return the stored series with the days of the new one, and notes.

    In a weekly or monthly series, a row replaces those of other days in its week or month: until that ends, sources
    date it by the latest day.

    A day of both has the new cells in the columns of the file, and the stored cells in the others. A stored cell that
    the new close contradicts is left out: the open, high and low if they do not fit together with the new cells, and
    the adjusted close if the close differs from the stored one.

    Args:
        stored: the stored series.
        new: the days of the file.
        columns: the columns that the file has.
    """
    stored, notes = _leave_out_periods(stored, new)
    common = new.frame.index.intersection(stored.frame.index)
    kept_columns = [name for name in COLUMNS if name not in columns]
    combined = new.frame.loc[common].assign(**{name: stored.frame.loc[common, name] for name in kept_columns})
    is_changed = np.abs(combined["close"] / stored.frame.loc[common, "close"] - 1).to_numpy() > SAME_CLOSE
    consistent = _clear(combined, [name for name in _RANGE if name in kept_columns], _contradicts(combined))
    consistent = _clear(consistent, [name for name in ("adj_close",) if name in kept_columns], is_changed)
    cleared = int((consistent.isna() & combined.notna()).any(axis=1).sum())
    others = [series.frame.loc[series.frame.index.difference(common)] for series in (stored, new)]
    frame = pd.concat([consistent, *others]).sort_index()
    if cleared:
        days = "1 day" if cleared == 1 else f"{cleared} days"
        notes.append(f"Stored prices beside the close were left out on {days}, because the new close contradicts them.")
    flags = tuple(dict.fromkeys((*stored.flags, *new.flags)))
    return replace(new, frame=frame, flags=flags), notes


def _leave_out_periods(stored: PriceSeries, new: PriceSeries) -> tuple[PriceSeries, list[str]]:
    """Leave out rows of a weekly or monthly series whose week or month the new one has, except those of its days."""
    days, new_days = pd.DatetimeIndex(stored.frame.index), pd.DatetimeIndex(new.frame.index)
    step = find_step(days)
    if step is None:
        return stored, []
    is_replaced = mark_same_periods(days, new_days, step) & ~days.isin(new_days)
    if not is_replaced.any():
        return stored, []
    rows = count_of(int(is_replaced.sum()), "stored row")
    note = f"{rows} replaced by the row of another day in the same {step_noun(step)}."
    return replace(stored, frame=stored.frame[~is_replaced]), [note]


def _contradicts(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Mark each day whose open or close is outside the range from its low to its high."""
    ends = frame[["open", "close"]]
    return np.asarray((ends.min(axis=1) < frame["low"]) | (ends.max(axis=1) > frame["high"]))


def _clear(frame: pd.DataFrame, names: Sequence[str], days: npt.NDArray[np.bool_]) -> pd.DataFrame:
    return frame.assign(**{name: frame[name].mask(days) for name in names})
