"""Facts on how earlier forecasts of the stock came out, and whether the latest due one missed its range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from common.domain.formats import format_date, format_days
from common.domain.track_record import LEAST_SCORED
from common.insights.comparison import Finding, uncompared
from common.insights.fact import Fact
from common.insights.values import LeftOut

SOURCE = "track record"
RECENT_DAYS = 31
"""A missed range is news for so long."""


@dataclass(frozen=True)
class DueForecast:
    """A recorded forecast whose target day has a close.

    Args:
        target_date: the target day.
        days: the horizon in calendar days.
        below: the probability that the forecast gave to a close at or below the actual one.
        inside_80: whether the close was inside the range of 80 %; ``inside_95`` is that of 95 %.
    """

    target_date: date
    days: int
    below: float
    inside_80: bool
    inside_95: bool


def past_forecast_facts(due: Sequence[DueForecast] | None, last_day: date) -> list[Finding]:
    """Return the facts on earlier forecasts.

    Args:
        due: the forecasts that came due, in any order; None if the record cannot be read.
        last_day: the day of the newest close. Later outcomes are ignored.
    """
    if due is None:
        return [_left_out("The track record cannot be read now.")]
    known = sorted(
        (each for each in due if each.target_date <= last_day), key=lambda each: (each.target_date, each.days)
    )
    if not known:
        return [_left_out("No recorded forecast of this stock has come due.")]
    found = [_share_inside(known), _broken(known[-1], last_day)]
    return [finding for finding in found if finding is not None]


def _left_out(reason: str) -> LeftOut:
    return LeftOut(id="forecasts_inside", name="Earlier forecasts", reason=reason)


def _share_inside(known: Sequence[DueForecast]) -> Finding:
    count = len(known)
    if count < LEAST_SCORED:
        return _left_out(f"{count} recorded forecasts came due, and {LEAST_SCORED} are needed.")
    inside = sum(each.inside_80 for each in known)
    return uncompared(
        "forecasts_inside",
        "Earlier forecasts inside their 80 % range",
        100 * inside / count,
        "%",
        f"{inside} of the last {count} forecasts inside their 80 % range",
        known[-1].target_date,
        SOURCE,
    )


def _broken(latest: DueForecast, last_day: date) -> Fact | None:
    if latest.inside_80 or (last_day - latest.target_date).days > RECENT_DAYS:
        return None
    level, side = 80 if latest.inside_95 else 95, "above" if latest.below > 0.5 else "below"
    return uncompared(
        "band_broken",
        "Range of the latest due forecast",
        side,
        "",
        f"{side} the {level} % range of the forecast for {format_date(latest.target_date)}, made "
        f"{format_days(latest.days)} before",
        latest.target_date,
        SOURCE,
    )
