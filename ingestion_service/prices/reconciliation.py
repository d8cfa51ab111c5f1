"""The comparison of newly fetched prices with the stored ones; pure functions on series."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from common.domain.markets.currencies import differ_in_currency
from common.domain.markets.dates import is_stale
from common.domain.price_jumps import find_jump_days
from common.domain.prices import PriceSeries
from ingestion_service.splits import is_split_ratio

OVERLAP = timedelta(days=21)
"""The period that a refresh fetches again: at least two weeks of trading, even around the longest holidays."""
MIN_COMMON_DAYS = 5
SAME = 1e-4
"""The largest relative difference between equal prices: sources round, and some recompute their adjustment."""
ONE_FACTOR = 0.01
"""The largest deviation of a close's factor from the common one, in logarithms: closes are rounded to cents."""
FEW = 0.02
"""The largest share of days that a source may correct or lose."""
NEWEST = 60
FEW_OF_NEWEST = 0.05
"""The same for the newest days, which have the most weight in a forecast."""
FAR = float(np.log(1.2))
"""The largest correction of a close, in logarithms, unless it removes a stored jump."""
LARGEST_PAYOUT = float(np.log(2))
"""The largest effect of dividends between two fetches on an adjusted close, in logarithms."""
HISTORY_SLACK = timedelta(days=31)
UNIT_POWER = 2
"""The smallest change of the unit, as a power of ten: 100 pence are a pound."""
_NEAR_POWER = 0.01


def agrees_in_overlap(stored: PriceSeries, recent: PriceSeries) -> bool:
    """Return whether ``recent`` has the same closes and adjusted closes as ``stored`` on their common days.

    ``recent`` may lack some of the last stored days, and some adjusted closes.
    """
    again = recent.frame[recent.frame.index <= stored.frame.index[-1]]
    if (
        len(again) < MIN_COMMON_DAYS
        or differ_in_currency(stored.currency, recent.currency)
        or not again.index.isin(stored.frame.index).all()
    ):
        return False
    before = stored.frame.loc[again.index]
    return all(_are_same(again[name], before[name]) for name in ("close", "adj_close"))


def _are_same(again: pd.Series[float], before: pd.Series[float]) -> bool:
    known = again.notna() & before.notna()
    return bool(np.allclose(again[known], before[known], rtol=SAME, atol=0))


def select_after(series: PriceSeries, day: date) -> PriceSeries:
    """Return the rows of ``series`` after ``day``."""
    return replace(series, frame=series.frame[series.frame.index > pd.Timestamp(day)])


def find_contradiction(stored: PriceSeries, whole: PriceSeries, since: date) -> str | None:
    """Return why ``whole`` cannot replace ``stored``; None if it can.

    Args:
        stored: the stored history.
        whole: the new history of the same provider.
        since: the day from which ``whole`` was requested.
    """
    if differ_in_currency(stored.currency, whole.currency):  # pence could look like a 100:1 split of pounds
        return "it is in another currency"
    if loses_history(stored, whole, since):
        return "it has lost history"
    expected = stored.frame.index[stored.frame.index >= whole.frame.index[0]]
    if not len(expected) or _exceeds_tolerance(~expected.isin(whole.frame.index)):
        return "it lacks days"
    if reason := _find_price_contradiction(stored.frame, whole.frame):
        return reason
    within = pd.DatetimeIndex([day for day in find_jump_days(whole.frame) if expected[0] < day <= expected[-1]])
    return (
        None if within.isin(find_jump_days(stored.frame)).all() else "it has jumps that the stored prices do not have"
    )


def find_contradiction_across_providers(stored: PriceSeries, whole: PriceSeries, since: date) -> str | None:
    """Return why ``whole`` of another provider cannot replace ``stored``; None if it can.

    The closes may differ only by the factor of a split. Because a file has only one source, none of the newest stored
    days may be missing, unless the stored prices are stale.
    """
    reason = find_contradiction(stored, whole, since)
    is_recent = not is_stale(stored.last, whole.last)
    if reason is None and is_recent and not stored.frame.index[-NEWEST:].isin(whole.frame.index).all():
        return "it lacks some of the newest days"
    if reason is None and not is_split_ratio(_median_factor(stored.frame["close"], whole.frame["close"])):
        return "its closes are in another unit"
    return reason


def _find_price_contradiction(stored: pd.DataFrame, whole: pd.DataFrame) -> str | None:
    if closes_contradict(stored["close"], whole["close"]):
        return "its closes differ by more than one factor"
    if _adjustments_contradict(stored, whole):
        return "its adjusted closes are far from the stored ones"
    return "its closes are in another unit" if _is_in_another_unit(stored, whole) else None


def _is_in_another_unit(stored: pd.DataFrame, whole: pd.DataFrame) -> bool:
    """Return whether all closes differ by a factor of 100 or 1000 that is not a split.

    For a 100:1 split, the volumes differ by the inverse factor.
    """
    power = float(np.log10(_median_factor(stored["close"], whole["close"])))
    if abs(power) < UNIT_POWER - _NEAR_POWER or abs(power - round(power)) > _NEAR_POWER:
        return False
    traded = stored["volume"] > 0
    volumes = _log_factors(stored.loc[traded, "volume"], whole.loc[whole["volume"] > 0, "volume"])
    return not len(volumes) or abs(float(volumes.median()) / np.log(10) + power) > abs(power) / 2


def closes_contradict(stored: pd.Series[float], whole: pd.Series[float]) -> bool:
    """Return whether more than a few closes deviate from a common factor, or any of them by a new jump."""
    factors = _log_factors(stored, whole)
    if factors.empty:
        return True
    off = (factors - factors.median()).abs()
    if _exceeds_tolerance((off > ONE_FACTOR).to_numpy()):
        return True
    return _are_new_jumps(off > FAR, stored[factors.index], whole[factors.index])


def _adjustments_contradict(stored: pd.DataFrame, whole: pd.DataFrame) -> bool:
    adjusted = _log_factors(stored["adj_close"], whole["adj_close"])
    far = (adjusted - _log_factors(stored["close"], whole["close"])).abs() > LARGEST_PAYOUT
    if _exceeds_tolerance(far.to_numpy()):
        return True
    return _are_new_jumps(far, stored.loc[far.index, "adj_close"], whole.loc[far.index, "adj_close"])


def _log_factors(stored: pd.Series[float], whole: pd.Series[float]) -> pd.Series[float]:
    """Return the logarithm of the factor from stored to new price at each common time."""
    common = stored.index.intersection(whole.index)
    return pd.Series(np.log(whole[common]) - np.log(stored[common]))


def _median_factor(stored: pd.Series[float], whole: pd.Series[float]) -> float:
    return float(np.exp(_log_factors(stored, whole).median()))


def _are_new_jumps(far: pd.Series[bool], stored: pd.Series[float], whole: pd.Series[float]) -> bool:
    """Return whether the new prices jump at the edges of the deviating days; else they correct a stored error."""
    ingestion = far != far.shift(fill_value=bool(far.iloc[0]))
    return bool((_log_steps(whole)[ingestion] >= _log_steps(stored)[ingestion]).any())


def _log_steps(prices: pd.Series[float]) -> pd.Series[float]:
    return pd.Series(np.log(prices), dtype=np.float64).diff().abs()


def _exceeds_tolerance(bad: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> bool:
    return bool(bad.mean() > FEW or bad[-NEWEST:].mean() > FEW_OF_NEWEST)


def loses_history(stored: PriceSeries, whole: PriceSeries, since: date) -> bool:
    """Return whether ``whole``, requested from ``since`` on, begins later than the stored prices or ends earlier."""
    return whole.first > max(stored.first, since) + HISTORY_SLACK or whole.last < stored.last
