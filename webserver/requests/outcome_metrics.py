"""The metrics of ended requests. The scripts count the ends of all services in Redis; each web server reports all."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from common.domain.errors import Busy
from common.redis.requests.outcomes import EndCounts, RequestOutcomes
from common.redis.schema.outcomes import COLD_BOUNDS_MS
from common.runtime.log_limits import LogLimit

_log = logging.getLogger(__name__)
_log_limit = LogLimit(_log)


class OutcomeMetrics(Collector):
    """Reads the counts at each scrape. While Redis cannot be reached, there are none."""

    def __init__(self, outcomes: RequestOutcomes) -> None:
        self._outcomes = outcomes

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        try:
            counts = self._outcomes.read()
        except Busy as failure:
            _log_limit.log(logging.WARNING, failure.code, "the metrics of ended requests are missing: %s", failure)
            return
        yield from families_of(counts)

    def describe(self) -> list[Metric]:
        """Return the metrics without values, so that a registration reads nothing."""
        return families_of(None)


def families_of(counts: EndCounts | None) -> list[Metric]:
    """Return the metrics of counts; without values if there are no counts."""
    ended = CounterMetricFamily(
        "stockcast_requests_ended", "Requests that ended, except repeated ones", labels=["kind", "outcome"]
    )
    cold = HistogramMetricFamily(
        "stockcast_cold_forecast_seconds", "Seconds from a request to the end of the forecast that it started"
    )
    if counts is not None:
        for labels, number in counts.ends.items():
            ended.add_metric(labels, number)
        cold.add_metric([], _cumulated(counts), counts.cold_ms / 1000)
    return [ended, cold]


def _cumulated(counts: EndCounts) -> list[tuple[str, float]]:
    """Return each bound in seconds with the number of forecasts within it."""
    buckets, total = [], 0
    for bound in (*COLD_BOUNDS_MS, None):
        total += counts.cold[bound]
        buckets.append(("+Inf" if bound is None else str(bound / 1000), float(total)))
    return buckets
