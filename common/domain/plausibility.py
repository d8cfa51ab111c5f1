"""The check that a price series is plausible as a whole, which ingestion and the forecast workers share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from common.domain.errors import ImplausiblePrices
from common.domain.markets.currencies import format_currency
from common.domain.price_jumps import MOST_STRAY_ROWS, MOST_STRAY_SHARE, find_unit_changes
from common.domain.prices import PriceSeries, flag_days_together, merge_flags

LOWEST_CLOSE, HIGHEST_CLOSE = 1e-8, 1e12
"""The plausible range of a close, in any currency."""
WHAT_TO_DO = "Refresh the prices later, or choose another price source."


def drop_implausible_rows(series: PriceSeries) -> PriceSeries:
    """Drop the few rows whose close is implausible; count them in ``dropped`` and flag them.

    The function is idempotent.

    Raises:
        ImplausiblePrices: the closes change their unit, or too many of them are outside the plausible range.
    """
    return _drop_stray_units(_drop_extreme_closes(series))


def _drop_extreme_closes(series: PriceSeries) -> PriceSeries:
    closes = series.frame["close"].to_numpy(dtype=np.float64)
    is_extreme = ~((closes >= LOWEST_CLOSE) & (closes <= HIGHEST_CLOSE))
    extreme = pd.DatetimeIndex(series.frame.index[is_extreme])
    if len(extreme) > max(MOST_STRAY_ROWS, MOST_STRAY_SHARE * len(series)):
        raise ImplausiblePrices(
            f"{len(extreme)} of {len(series)} closes of {series.ticker} are above {HIGHEST_CLOSE:g} or below "
            f"{LOWEST_CLOSE:g}, so no forecast is made from them. {WHAT_TO_DO}"
        )
    return _drop_days(series, extreme, "a close beyond every sensible range left out on")


def _drop_stray_units(series: PriceSeries) -> PriceSeries:
    changes = find_unit_changes(series.frame)
    if len(changes.days):
        raise ImplausiblePrices(
            f"The prices of {series.ticker} seem to change their unit on {changes.days[-1]:%Y-%m-%d}, from "
            f"{_describe_change(series, changes.days[-1])} {format_currency(series.currency)}, so no forecast is made "
            f"from them. {WHAT_TO_DO}"
        )
    return _drop_days(series, changes.stray_days, "a close in another unit left out on")


def _describe_change(series: PriceSeries, day: pd.Timestamp) -> str:
    row = int(np.flatnonzero(series.frame.index == day)[0])
    before, after = series.frame["close"].iloc[[row - 1, row]]
    return f"{before:.4g} to {after:.4g}"


def _drop_days(series: PriceSeries, days: pd.DatetimeIndex, text: str) -> PriceSeries:
    if not len(days):
        return series
    frame = series.frame[~series.frame.index.isin(days)]
    flags = merge_flags(series.flags, flag_days_together(text, days))
    return replace(series, frame=frame, dropped=series.dropped + len(days), flags=flags)
