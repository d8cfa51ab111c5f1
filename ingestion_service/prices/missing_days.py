"""Retention of stored days that a newly fetched history of the same provider lacks, rescaled to its adjustment."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.domain.prices import PriceSeries, flag_each_day, merge_flags

NEIGHBOURS = 3
"""The common days on each side of a missing day from which the factor between the histories is estimated."""
ONE_FACTOR = 0.01
"""The largest difference between the factors of neighbouring days, in logarithms: closes are rounded to cents."""
SAME = 1e-4
"""A factor within this distance of 1 counts as 1, so that the retained days stay unchanged."""
KEPT = "missing at the source and kept:"
_DAY = re.compile(r".* (\d{4}-\d\d-\d\d)")

Numbers = npt.NDArray[np.float64]


def retain_missing_days(whole: PriceSeries, stored: PriceSeries, since: date) -> PriceSeries | None:
    """Add the stored days that a new history lacks, rescaled to its adjustment.

    Args:
        whole: the new history.
        stored: the stored history.
        since: the retained days from here on are flagged.

    Returns:
        The merged history; None if the two differ by no constant factor around a missing day.
    """
    older = stored.frame[stored.frame.index < whole.frame.index[-1]]
    missing = older[~older.index.isin(whole.frame.index)]
    if missing.empty:
        return whole
    factors = estimate_factors(missing.index, stored.frame["close"], whole.frame["close"])
    if not np.isfinite(factors).all():
        return None
    adjustments = estimate_factors(missing.index, stored.frame["adj_close"], whole.frame["adj_close"])
    kept = _rescale(missing, factors, adjustments)
    days = pd.DatetimeIndex(missing.index[missing.index >= pd.Timestamp(since)])
    flags = merge_flags(whole.flags, flag_each_day(KEPT, days))
    return replace(whole, frame=pd.concat([whole.frame, kept]).sort_index(), flags=flags)


def continue_series(stored: PriceSeries, recent: PriceSeries) -> PriceSeries:
    """Extend the stored series by ``recent``, which also replaces the days of both; stored days that it lacks stay.

    Both must have one source and one adjustment; see :func:`ingestion_service.prices.reconciliation.agrees_in_overlap`.
    """
    again = recent.frame.index
    lacking = stored.frame.index[(stored.frame.index >= again[0]) & ~stored.frame.index.isin(again)]
    # The flags of days that were fetched again are determined again.
    known = [flag for flag in stored.flags if not _is_since(flag, again[0])]
    flags = merge_flags(merge_flags(known, recent.flags), flag_each_day(KEPT, pd.DatetimeIndex(lacking)))
    frame = recent.frame.combine_first(stored.frame)[list(stored.frame.columns)].rename_axis("date")
    splits = None if stored.splits is None else tuple(sorted({*stored.splits, *(recent.splits or ())}))
    return replace(stored, currency=recent.currency, frame=frame, flags=flags, splits=splits)


def estimate_factors(missing: pd.Index, stored: pd.Series[float], whole: pd.Series[float]) -> Numbers:
    """Estimate the factor from ``stored`` to ``whole`` at each missing time from the common times around it.

    Returns:
        One factor for each missing time; NaN if there are no common times, or if their factors differ.
    """
    common = stored.index.intersection(whole.index).sort_values()
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        ratios = whole[common].to_numpy() / stored[common].to_numpy()
    known = np.isfinite(ratios) & (ratios > 0)
    common, ratios = common[known], ratios[known]
    places = common.searchsorted(missing)
    return np.array(
        [_find_constant_factor(ratios[max(0, place - NEIGHBOURS) : place + NEIGHBOURS]) for place in places]
    )


def _find_constant_factor(ratios: Numbers) -> float:
    if not len(ratios) or np.ptp(np.log(ratios)) > ONE_FACTOR:
        return np.nan
    middle = float(np.median(ratios))
    return 1.0 if abs(middle - 1) <= SAME else middle


def _rescale(frame: pd.DataFrame, factors: Numbers, adjustments: Numbers) -> pd.DataFrame:
    with np.errstate(over="ignore", divide="ignore"):
        prices = {name: frame[name] * factors for name in ("open", "high", "low", "close")}
        volume = frame["volume"] / factors
        return frame.assign(**prices, adj_close=frame["adj_close"] * adjustments, volume=volume)


def _is_since(flag: str, moment: pd.Timestamp) -> bool:
    """Return whether the last day in a flag is not before ``moment``."""
    day = _DAY.fullmatch(flag)
    return day is not None and pd.Timestamp(day[1]) >= moment.tz_localize(None).normalize()
