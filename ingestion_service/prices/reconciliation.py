"""Whether newly fetched prices go on from the stored ones, or contradict them: pure functions on series."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from common.domain.currencies import are_other_currencies
from common.domain.dates import is_stale
from common.domain.price_jumps import jump_days
from common.domain.prices import PriceSeries
from ingestion_service.splits import is_split_ratio

OVERLAP = timedelta(days=21)
"""What a refresh reads again: two weeks of trading at least, around the longest holidays."""
MIN_COMMON_DAYS = 5
SAME = 1e-4
"""Relative; sources round, and some compute anew each time."""
ONE_FACTOR = 0.01
"""How far the factor between two adjustments of one close may be from that of the others: cents, rounded."""
FEW = 0.02
"""A source may correct some days slightly, and may lose some; beyond this share it is another history."""
NEWEST = 60
FEW_OF_NEWEST = 0.05
"""The newest days weigh most in a forecast, and are few among those of ten years: they are also counted alone."""
FAR = float(np.log(1.2))
"""No correction of a close, in logarithms, is larger, but that of a jump that was stored."""
LARGEST_PAYOUT = float(np.log(2))
"""By no more, in logarithms, do the dividends between two fetches lower an adjusted close."""
HISTORY_SLACK = timedelta(days=31)
UNIT_POWER = 2
"""The smallest change of a unit, as a power of ten: 100 pence are a pound."""
_NEAR_POWER = 0.01


def agrees_in_overlap(stored: PriceSeries, recent: PriceSeries) -> bool:
    """Whether ``recent`` repeats the last days of ``stored`` as they are, adjusted closes included.

    It may lack some of these days, and some adjusted closes: they are no reason to doubt the others.
    """
    again = recent.frame[recent.frame.index <= stored.frame.index[-1]]
    if (
        len(again) < MIN_COMMON_DAYS
        or are_other_currencies(stored.currency, recent.currency)
        or not again.index.isin(stored.frame.index).all()
    ):
        return False
    before = stored.frame.loc[again.index]
    return all(_are_same(again[name], before[name]) for name in ("close", "adj_close"))


def _are_same(again: pd.Series[float], before: pd.Series[float]) -> bool:
    known = again.notna() & before.notna()
    return bool(np.allclose(again[known], before[known], rtol=SAME, atol=0))


def only_after(series: PriceSeries, day: date) -> PriceSeries:
    """The rows of ``series`` after ``day``."""
    return replace(series, frame=series.frame[series.frame.index > pd.Timestamp(day)])


def contradiction(stored: PriceSeries, whole: PriceSeries, since: date) -> str | None:
    """Say why ``whole`` cannot take the place of ``stored``, or None where it can."""
    if are_other_currencies(stored.currency, whole.currency):  # where pence would pass for a split of pounds by 100
        return "it is in another currency"
    if loses_history(stored, whole, since):
        return "it has lost history"
    expected = stored.frame.index[stored.frame.index >= whole.frame.index[0]]
    if not len(expected) or _too_many(~expected.isin(whole.frame.index)):
        return "it lacks days"
    if reason := _contradiction_of_prices(stored.frame, whole.frame):
        return reason
    within = pd.DatetimeIndex([day for day in jump_days(whole.frame) if expected[0] < day <= expected[-1]])
    return None if within.isin(jump_days(stored.frame)).all() else "it has jumps that the stored prices have not"


def foreign_contradiction(stored: PriceSeries, whole: PriceSeries, since: date) -> str | None:
    """The same for ``whole`` of another source, whose one factor can only be that of splits since.

    One file has one source, so a newest day that ``whole`` lacks would be lost. Stale prices are replaced by
    it all the same.
    """
    reason = contradiction(stored, whole, since)
    is_recent = not is_stale(stored.last, whole.last)
    if reason is None and is_recent and not stored.frame.index[-NEWEST:].isin(whole.frame.index).all():
        return "it lacks days of the newest"
    if reason is None and not is_split_ratio(_factor(stored.frame["close"], whole.frame["close"])):
        return "its closes are in another unit"
    return reason


def _contradiction_of_prices(stored: pd.DataFrame, whole: pd.DataFrame) -> str | None:
    if closes_contradict(stored["close"], whole["close"]):
        return "its closes differ by more than one factor"
    if _adjustments_contradict(stored, whole):
        return "its adjusted closes are far from the stored ones"
    return "its closes are in another unit" if _is_in_another_unit(stored, whole) else None


def _is_in_another_unit(stored: pd.DataFrame, whole: pd.DataFrame) -> bool:
    """Whether all closes are 100 or 1000 times as much or as little, and the volumes do not tell of such a split.

    A source that adjusts prices for a split of 100:1 adjusts the volumes as well.
    """
    power = float(np.log10(_factor(stored["close"], whole["close"])))
    if abs(power) < UNIT_POWER - _NEAR_POWER or abs(power - round(power)) > _NEAR_POWER:
        return False
    traded = stored["volume"] > 0
    volumes = _factors(stored.loc[traded, "volume"], whole.loc[whole["volume"] > 0, "volume"])
    return not len(volumes) or abs(float(volumes.median()) / np.log(10) + power) > abs(power) / 2


def closes_contradict(stored: pd.Series[float], whole: pd.Series[float]) -> bool:
    """Whether more than a few closes of the same moments differ beyond one factor, or any that was right is far off."""
    factors = _factors(stored, whole)
    if factors.empty:
        return True
    off = (factors - factors.median()).abs()
    if _too_many((off > ONE_FACTOR).to_numpy()):
        return True
    return _are_new_jumps(off > FAR, stored[factors.index], whole[factors.index])


def _adjustments_contradict(stored: pd.DataFrame, whole: pd.DataFrame) -> bool:
    adjusted = _factors(stored["adj_close"], whole["adj_close"])
    far = (adjusted - _factors(stored["close"], whole["close"])).abs() > LARGEST_PAYOUT
    if _too_many(far.to_numpy()):
        return True
    return _are_new_jumps(far, stored.loc[far.index, "adj_close"], whole.loc[far.index, "adj_close"])


def _factors(stored: pd.Series[float], whole: pd.Series[float]) -> pd.Series[float]:
    """By how much, in logarithms, the prices of the moments that both have differ."""
    common = stored.index.intersection(whole.index)
    return pd.Series(np.log(whole[common]) - np.log(stored[common]))


def _factor(stored: pd.Series[float], whole: pd.Series[float]) -> float:
    return float(np.exp(_factors(stored, whole).median()))


def _are_new_jumps(far: pd.Series[bool], stored: pd.Series[float], whole: pd.Series[float]) -> bool:
    """Whether prices jump to where they are ``far`` off, and did not before; else a stored error was put right."""
    edges = far != far.shift(fill_value=bool(far.iloc[0]))
    return bool((_steps(whole)[edges] >= _steps(stored)[edges]).any())


def _steps(prices: pd.Series[float]) -> pd.Series[float]:
    return pd.Series(np.log(prices), dtype=np.float64).diff().abs()


def _too_many(bad: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> bool:
    return bool(bad.mean() > FEW or bad[-NEWEST:].mean() > FEW_OF_NEWEST)


def loses_history(stored: PriceSeries, whole: PriceSeries, since: date) -> bool:
    """Whether ``whole``, asked for from ``since`` on, begins later than the stored prices or ends earlier."""
    return whole.first > max(stored.first, since) + HISTORY_SLACK or whole.last < stored.last
