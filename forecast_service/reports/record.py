"""The sentence about the track record."""

from __future__ import annotations

from common.domain.calibration import Calibration
from common.domain.results import Forecast


def record_sentence(calibration: Calibration | None, forecast: Forecast) -> str:
    """Return how the latest published forecasts of all stocks came out.

    Args:
        calibration: their calibration; None if nothing was scored lately.
        forecast: the forecast of the report, which may be no part of the record.
    """
    own = "" if forecast.is_standard else " Forecasts of other fields or from a shorter past are not in the record."
    if calibration is None or not calibration.levels:
        return f"{_too_few(calibration.forecasts if calibration else 0)}{own}"
    levels = ", ".join(f"{one.percent} % ranges held {100 * one.coverage:.0f} %" for one in calibration.levels)
    odd = [one for one in calibration.levels if not one.low <= one.coverage <= one.high]
    fits = "Chance explains the differences." if not odd else "Chance does not explain all of the differences."
    return (
        f"Of the latest {calibration.forecasts} published forecasts of all stocks that reached their target date: "
        f"{levels}. {fits}{own}"
    )


def _too_few(count: int) -> str:
    if count == 0:
        return "No published forecast has reached its target date lately, so the record cannot show how they come out."
    scored = "1 published forecast has reached its" if count == 1 else f"{count} published forecasts have reached their"
    return f"Only {scored} target date lately: too few to show how they come out."
