"""Facts on dividends, from the difference between the close and the close that is adjusted for them."""

from __future__ import annotations

import numpy as np

from common.domain.formats import format_date
from common.insights.comparison import Finding, state
from common.insights.history import Floats, History
from common.insights.moves import size_text
from common.insights.values import LeftOut

LARGEST_PAYOUT = 0.25
"""A larger step is rather a split or a spin-off than a dividend."""
_LEAST_STEP = 3e-4
_NAME = "Latest dividend"


def payout_facts(history: History) -> list[Finding]:
    """Return the latest dividend and the sum of a year, in percent of the price."""
    fractions = payouts(history)
    rows = np.flatnonzero(fractions)
    if not np.isfinite(history.adjusted).any():
        reason = "The prices have no close that is adjusted for dividends."
        return [LeftOut(id="dividend", name=_NAME, reason=reason)]
    if not len(rows):
        return [LeftOut(id="dividend", name=_NAME, reason="The stored prices show no dividend.")]
    last = int(rows[-1])
    share, day = 100 * float(fractions[last]), history.date_of(last)
    age = int(history.days[-1] - history.days[last])
    found: list[Finding] = [
        state(
            history,
            "dividend",
            _NAME,
            share,
            "% of the price",
            f"{size_text(share)} of the price on {format_date(day)}",
        ),
        state(history, "dividend_age", "Age of the latest dividend", age, "days", f"{age:,} days"),
    ]
    in_year = rows[history.days[rows] > history.days[-1] - 365]
    if len(in_year) and history.days[-1] - history.days[0] >= 365:
        paid = float((fractions[in_year] * history.closes[in_year - 1]).sum() / history.closes[-1])
        found.append(
            state(history, "dividend_yield", "Dividends of a year", 100 * paid, "% of the price", size_text(100 * paid))
        )
    return found


def payouts(history: History) -> Floats:
    """Return the dividend at each row as a fraction of the close before; 0 without one.

    An adjusted close is a rounded number. The ratio to the close can only rise, so its falls tell how much of a rise is
    rounding.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.diff(np.log(history.adjusted / history.closes), prepend=np.nan)
    steps = np.where(np.isfinite(steps), steps, 0.0)
    noise = max(_LEAST_STEP, 2 * float(-steps.min()))
    fractions = -np.expm1(-steps)
    return np.where((steps > noise) & (fractions < LARGEST_PAYOUT), fractions, 0.0)
