"""Share splits: finding them where a source does not name them, and taking them out of prices.

A factor of 2.0 on a day says that from that day on two shares stand for one of the day before (1.0: no split).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from common.domain.price_jumps import SPLIT_RATIOS, is_within

PRICES = ("open", "high", "low", "close")
_ROUNDING = 0.003
_DIVIDEND = 0.02
"""An ordinary dividend on the day of a split makes the step that much larger."""
_ONE_FACTOR = 0.01


def split_adjusted(frame: pd.DataFrame, factors: pd.Series[float]) -> pd.DataFrame:
    """Express open, high, low, close and volume of ``frame`` in shares of its last day.

    ``factors`` has the frame's index. Prices before a 2:1 split are halved, volumes doubled; other columns stay.
    """
    shares = _shares_later(factors)
    prices = {name: frame[name] / shares for name in PRICES}
    return frame.assign(**prices, volume=frame["volume"] * shares)


def split_factors(raw: pd.Series[float], adjusted: pd.Series[float]) -> pd.Series[float]:
    """Find the splits between raw closes and those adjusted for splits and dividends.

    The ratio adjusted/raw steps up with every dividend and split. A step is a split where it is near a usual ratio and
    the raw price jumped the other way; a special dividend (Microsoft, 2004-11-15: 1.1124) is near none.
    """
    usable = (raw > 0) & (adjusted > 0) & np.isfinite(raw) & np.isfinite(adjusted)
    ratio = (adjusted / raw)[usable]
    steps = (ratio / ratio.shift()).fillna(1.0)
    jumps = (raw[usable].shift() / raw[usable]).fillna(1.0)
    found = [_split_of(step, jump) for step, jump in zip(steps, jumps, strict=True)]
    return pd.Series(found, index=ratio.index, dtype=np.float64).reindex(raw.index, fill_value=1.0)


def is_split_ratio(factor: float) -> bool:
    """Whether two adjustments that differ by ``factor`` can be of one share: before and after a split, or the same."""
    return is_within(factor, np.append(SPLIT_RATIOS, 1.0), _ONE_FACTOR)


def _shares_later(factors: pd.Series[float]) -> pd.Series[float]:
    """How many shares of the last day one share of each day became: the product of the factors after that day.

    By days and not by rows, which a source may repeat or send in another order.
    """
    by_day = factors[~factors.index.duplicated()].sort_index()
    after = by_day.shift(-1, fill_value=1.0)
    return after[::-1].cumprod()[::-1].reindex(factors.index)


def _split_of(step: float, jump: float) -> float:
    """The split behind a step of the adjustment and a jump of the raw price, or 1.0."""
    ratio = float(SPLIT_RATIOS[np.abs(np.log(SPLIT_RATIOS / step)).argmin()])
    return ratio if _is_near(step, ratio) and _has_jumped(jump, ratio) else 1.0


def _is_near(step: float, ratio: float) -> bool:
    # Between 1:2 and 2:1 a special dividend could be mistaken for a split, so nothing is added there.
    surplus = _ROUNDING if 0.5 < ratio < 2 else _DIVIDEND
    return -_ROUNDING <= step / ratio - 1 <= surplus


def _has_jumped(jump: float, ratio: float) -> bool:
    """Whether the raw price moved by about ``ratio``: nearer to it than to no move, on a logarithmic scale."""
    return bool(abs(np.log(jump / ratio)) < abs(np.log(jump)))
