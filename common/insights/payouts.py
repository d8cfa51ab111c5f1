"""Facts on dividends, from the difference between the close and the close that is adjusted for them."""

from __future__ import annotations

import numpy as np

from common.domain.companies.price_events import find_dividends
from common.domain.formats import format_date
from common.insights.comparison import Finding, age_words, state
from common.insights.history import History
from common.insights.moves import size_text
from common.insights.values import LeftOut

_NAME = "Latest dividend"
_A_YEAR = 365


def payout_facts(history: History) -> list[Finding]:
    """Return the latest dividend and the sum of a year, in percent of the price."""
    if not np.isfinite(history.adjusted).any():
        reason = "The prices have no close that is adjusted for dividends."
        return [LeftOut(id="dividend", name=_NAME, reason=reason)]
    days = [history.date_of(row) for row in range(len(history))]
    dividends = find_dividends(days, history.closes.tolist(), history.adjusted.tolist())
    if not dividends:
        reason = "The stored prices show no dividend. Some sources do not adjust for them."
        return [LeftOut(id="dividend", name=_NAME, reason=reason)]
    last = dividends[-1]
    share, age = 100 * last.share, (days[-1] - last.day).days
    text = f"{size_text(share)} of the price on {format_date(last.day)}"
    found: list[Finding] = [
        state(history, "dividend", _NAME, share, "% of the price", text),
        state(history, "dividend_age", "Age of the latest dividend", age, "days", age_words(age)),
    ]
    paid = sum(dividend.amount for dividend in dividends if (days[-1] - dividend.day).days < _A_YEAR)
    if paid and (days[-1] - days[0]).days >= _A_YEAR:
        share = 100 * paid / float(history.closes[-1])
        text = f"{size_text(share)} of the price, the sum of a year"
        found.append(state(history, "dividend_yield", "Dividends of a year", share, "% of the price", text))
    return found
