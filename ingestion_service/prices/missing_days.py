"""Retention of stored days that a newly fetched history of the same source lacks, rescaled to its adjustment."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.domain.prices import PriceSeries, flags_of_days, merged_flags

NEIGHBOURS = 3
"""The number of common days on each side of a missing one that determine by what factor the histories differ."""
ONE_FACTOR = 0.01
"""The most, in logarithms, that the factors of neighbours may differ: closes are rounded to cents."""
SAME = 1e-4
"""A factor this near to 1 is 1: the retained days stay as they were."""
KEPT = "missing at the source and kept:"
_DAY = re.compile(r".* (\d{4}-\d\d-\d\d)")

Numbers = npt.NDArray[np.float64]


def with_missing_days(whole: PriceSeries, stored: PriceSeries, since: date) -> PriceSeries | None:
    """Return ``whole`` and the stored days that it lacks, rescaled to its adjustment and, from ``since`` on, flagged.

    None where the two differ by no constant factor around such a day.
    """
    older = stored.frame[stored.frame.index < whole.frame.index[-1]]
    missing = older[~older.index.isin(whole.frame.index)]
    if missing.empty:
        return whole
    factors = factors_at(missing.index, stored.frame["close"], whole.frame["close"])
    if not np.isfinite(factors).all():
        return None
    adjustments = factors_at(missing.index, stored.frame["adj_close"], whole.frame["adj_close"])
    kept = _rescaled(missing, factors, adjustments)
    days = pd.DatetimeIndex(missing.index[missing.index >= pd.Timestamp(since)])
    flags = merged_flags(whole.flags, flags_of_days(KEPT, days))
    return replace(whole, frame=pd.concat([whole.frame, kept]).sort_index(), flags=flags)


def continued(stored: PriceSeries, recent: PriceSeries) -> PriceSeries:
    """Return the stored series and, from where ``recent`` begins, that: what ``recent`` lacks there stays as stored.

    Both are of one source and one adjustment: see :func:`ingestion_service.prices.reconciliation.agrees_in_overlap`.
    """
    again = recent.frame.index
    lacking = stored.frame.index[(stored.frame.index >= again[0]) & ~stored.frame.index.isin(again)]
    # A finding of a day that was read again is named anew, or it is mended.
    known = [flag for flag in stored.flags if not _is_since(flag, again[0])]
    flags = merged_flags(merged_flags(known, recent.flags), flags_of_days(KEPT, pd.DatetimeIndex(lacking)))
    frame = recent.frame.combine_first(stored.frame)[list(stored.frame.columns)]
    return replace(stored, currency=recent.currency, frame=frame.rename_axis("date"), flags=flags)


def factors_at(missing: pd.Index, stored: pd.Series[float], whole: pd.Series[float]) -> Numbers:
    """Return by what factor ``whole`` differs from ``stored`` at each missing moment, by the common ones around it.

    NaN where the common moments around it have none, or none that is constant.
    """
    common = stored.index.intersection(whole.index).sort_values()
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        ratios = whole[common].to_numpy() / stored[common].to_numpy()
    known = np.isfinite(ratios) & (ratios > 0)
    common, ratios = common[known], ratios[known]
    places = common.searchsorted(missing)
    return np.array([_one_factor(ratios[max(0, place - NEIGHBOURS) : place + NEIGHBOURS]) for place in places])


def _one_factor(ratios: Numbers) -> float:
    if not len(ratios) or np.ptp(np.log(ratios)) > ONE_FACTOR:
        return np.nan
    middle = float(np.median(ratios))
    return 1.0 if abs(middle - 1) <= SAME else middle


def _rescaled(frame: pd.DataFrame, factors: Numbers, adjustments: Numbers) -> pd.DataFrame:
    with np.errstate(over="ignore", divide="ignore"):
        prices = {name: frame[name] * factors for name in ("open", "high", "low", "close")}
        volume = frame["volume"] / factors
        return frame.assign(**prices, adj_close=frame["adj_close"] * adjustments, volume=volume)


def _is_since(flag: str, moment: pd.Timestamp) -> bool:
    """Whether the last day that a flag names is not before ``moment``."""
    day = _DAY.fullmatch(flag)
    return day is not None and pd.Timestamp(day[1]) >= moment.tz_localize(None).normalize()
