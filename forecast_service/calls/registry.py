"""The module of each kind of analysis. Only worker processes import them, because they import the mathematics."""

from __future__ import annotations

from common.domain.kinds import EVALUATION, FORECAST, PATTERN_SEARCH

CALLS: dict[str, str] = {
    FORECAST.name: "forecast_service.calls.forecast",
    EVALUATION.name: "forecast_service.calls.evaluation",
    PATTERN_SEARCH.name: "forecast_service.calls.pattern_search",
}
"""The modules by the name of the kind; each has a function ``compute`` that takes a Task and returns a CallOutput."""
