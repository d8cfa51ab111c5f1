"""The outcomes by which the scripts count the ends of requests."""

from __future__ import annotations

from common.domain.errors import (
    FAILURES_BY_CODE,
    BadData,
    BadRequest,
    Cancelled,
    Failure,
    ProviderUnavailable,
    ReportTooLarge,
)

OUTCOMES = ("done", "unanswerable", "no_source", "failed", "cancelled")
"""The outcomes. ``unanswerable`` is due to the request or the stock, ``no_source`` to the price sources, and ``failed``
to the services."""
COLD_BOUNDS_MS = (50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000)
"""The bounds between which cold forecasts are counted; one of them is that of the service-level objective."""
_CAUSES: tuple[tuple[type[Failure], str], ...] = (
    (BadRequest, "unanswerable"),
    (BadData, "unanswerable"),
    (ReportTooLarge, "unanswerable"),
    (ProviderUnavailable, "no_source"),
    (Cancelled, "cancelled"),
)
OUTCOMES_BY_CODE = {
    code: outcome for code, kind in FAILURES_BY_CODE.items() for cause, outcome in _CAUSES if issubclass(kind, cause)
}
"""The outcome of each code that is not ``failed``."""
