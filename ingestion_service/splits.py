"""Share splits: their detection from adjusted closes, and the adjustment of prices.

A factor of 2.0 on a day means that from that day on two shares replace one of the day before; 1.0 means no split.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from common.domain.companies.shares import Split
from common.domain.price_jumps import SPLIT_RATIOS, is_near_any

PRICES = ("open", "high", "low", "close")
_ROUNDING = 0.003
_DIVIDEND = 0.02
"""The largest addition to a split's step by an ordinary dividend on the same day."""
_ONE_FACTOR = 0.01


def adjust_for_splits(frame: pd.DataFrame, factors: pd.Series[float]) -> pd.DataFrame:
    """Return ``frame`` with open, high, low, close and volume in shares of its last day.

    Prices before a 2:1 split are halved, and volumes are doubled. Other columns stay.

    Args:
        frame: daily rows with these five columns.
        factors: the split factor of each row, with the index of ``frame``.
    """
    shares = _final_shares_per_share(factors)
    prices = {name: frame[name] / shares for name in PRICES}
    return frame.assign(**prices, volume=frame["volume"] * shares)


def find_split_factors(raw: pd.Series[float], adjusted: pd.Series[float]) -> pd.Series[float]:
    """Return the split factor of each day, found from raw closes and closes adjusted for splits and dividends.

    The ratio adjusted/raw steps up with every dividend and split. A step is a split if it is near a usual ratio and the
    raw price jumped the other way. A special dividend (Microsoft, 2004-11-15: 1.1124) is near no usual ratio.
    """
    usable = (raw > 0) & (adjusted > 0) & np.isfinite(raw) & np.isfinite(adjusted)
    ratio = (adjusted / raw)[usable]
    steps = (ratio / ratio.shift()).fillna(1.0)
    jumps = (raw[usable].shift() / raw[usable]).fillna(1.0)
    found = [_find_split(step, jump) for step, jump in zip(steps, jumps, strict=True)]
    return pd.Series(found, index=ratio.index, dtype=np.float64).reindex(raw.index, fill_value=1.0)


def list_splits(factors: pd.Series[float]) -> tuple[Split, ...]:
    """Return the splits among the factors of days, oldest first."""
    by_day = factors[~factors.index.duplicated()].sort_index()
    split = by_day[np.isfinite(by_day) & (by_day > 0) & (by_day != 1)]
    return tuple(Split(day.date(), float(ratio)) for day, ratio in zip(split.index, split, strict=True))


def is_split_ratio(factor: float) -> bool:
    """Return whether ``factor`` between two adjustments of one share is that of a usual split, or 1."""
    return is_near_any(factor, np.append(SPLIT_RATIOS, 1.0), _ONE_FACTOR)


def _final_shares_per_share(factors: pd.Series[float]) -> pd.Series[float]:
    """Return how many shares of the last day one share of each day became: the product of the later factors.

    The product runs over days, because a source may repeat rows or send them in another order.
    """
    by_day = factors[~factors.index.duplicated()].sort_index()
    after = by_day.shift(-1, fill_value=1.0)
    return after[::-1].cumprod()[::-1].reindex(factors.index)


def _find_split(step: float, jump: float) -> float:
    """Return the split ratio that explains a step of the adjustment and a jump of the raw price; 1.0 if none does."""
    ratio = float(SPLIT_RATIOS[np.abs(np.log(SPLIT_RATIOS / step)).argmin()])
    return ratio if _is_near(step, ratio) and _has_jumped(jump, ratio) else 1.0


def _is_near(step: float, ratio: float) -> bool:
    # A small split could be confused with a special dividend, so no dividend is tolerated there.
    surplus = _ROUNDING if 0.5 < ratio < 2 else _DIVIDEND
    return -_ROUNDING <= step / ratio - 1 <= surplus


def _has_jumped(jump: float, ratio: float) -> bool:
    """Return whether the raw price moved by about ``ratio``: on a logarithmic scale, nearer to it than to no move."""
    return bool(abs(np.log(jump / ratio)) < abs(np.log(jump)))
