"""Prices that cannot be right as a whole, from which no forecast is made: ingestion and the workers share the rule."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from common.domain.currencies import currency_words
from common.domain.errors import ImplausiblePrices
from common.domain.price_jumps import MOST_STRAY_ROWS, MOST_STRAY_SHARE, stray_unit_days, unit_changes
from common.domain.prices import PriceSeries, flag_of_days, merged_flags

LOWEST_CLOSE, HIGHEST_CLOSE = 1e-8, 1e12
"""No quoted price is beyond these, in any currency."""
WHAT_TO_DO = "Refresh the prices later, or choose another price source."


def plausible_series(series: PriceSeries) -> PriceSeries:
    """Return ``series`` without the few rows that cannot be right, which are counted in ``dropped`` and flagged.

    A second call changes nothing.

    Raises:
        ImplausiblePrices: the closes change their unit, or too many of them are beyond every sensible range.
    """
    return _in_one_unit(_in_sensible_range(series))


def _in_sensible_range(series: PriceSeries) -> PriceSeries:
    is_beyond = ~series.frame["close"].between(LOWEST_CLOSE, HIGHEST_CLOSE)
    beyond = pd.DatetimeIndex(series.frame.index[is_beyond])
    if len(beyond) > max(MOST_STRAY_ROWS, MOST_STRAY_SHARE * len(series)):
        raise ImplausiblePrices(
            f"{len(beyond)} of {len(series)} closes of {series.ticker} are above {HIGHEST_CLOSE:g} or below "
            f"{LOWEST_CLOSE:g}, so no forecast is made from them. {WHAT_TO_DO}"
        )
    return _without(series, beyond, "a close beyond every sensible range left out on")


def _in_one_unit(series: PriceSeries) -> PriceSeries:
    changes = unit_changes(series.frame)
    if len(changes):
        raise ImplausiblePrices(
            f"The prices of {series.ticker} seem to change their unit on {changes[-1]:%Y-%m-%d}, from "
            f"{_around(series, changes[-1])} {currency_words(series.currency)}, so no forecast is made from them. "
            f"{WHAT_TO_DO}"
        )
    return _without(series, stray_unit_days(series.frame), "a close in another unit left out on")


def _around(series: PriceSeries, day: pd.Timestamp) -> str:
    row = int(np.flatnonzero(series.frame.index == day)[0])
    before, after = series.frame["close"].iloc[[row - 1, row]]
    return f"{before:.4g} to {after:.4g}"


def _without(series: PriceSeries, days: pd.DatetimeIndex, text: str) -> PriceSeries:
    if not len(days):
        return series
    frame = series.frame[~series.frame.index.isin(days)]
    flags = merged_flags(series.flags, flag_of_days(text, days))
    return replace(series, frame=frame, dropped=series.dropped + len(days), flags=flags)
