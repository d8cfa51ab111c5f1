"""The metrics of all services, which Prometheus reads at ``/metrics``.

Under gunicorn each process writes to files in ``PROMETHEUS_MULTIPROC_DIR``, which gunicorn's configuration makes. The
process that receives the request for the metrics adds them up.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_KINDS_OF_FILES = ("counter", "histogram", "gauge_livesum", "gauge_livemin", "gauge_livemax", "gauge_livemostrecent")
_FILE_BYTES = 1 << 17
"""The reserved size of each kind of file: about three times what the metrics of a web process take."""
_log = logging.getLogger(__name__)
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_DAYS = (1, 2, 3, 4, 5, 7, 14, 30, 365)

REQUESTS = Counter("stockcast_http_requests", "HTTP requests answered", ["route", "method", "status"])
REQUEST_SECONDS = Histogram(
    "stockcast_http_request_seconds", "Seconds from a request to its response", ["route"], buckets=_SECONDS
)
REQUESTS_IN_FLIGHT = Gauge(
    "stockcast_http_in_flight", "HTTP requests whose response is not complete", multiprocess_mode="livesum"
)
REPEATED_FORECAST_SECONDS = Histogram(
    "stockcast_repeated_forecast_seconds",
    "Seconds from a request for a forecast that had a result to its response",
    buckets=_SECONDS,
)
FAILURES = Counter("stockcast_failures", "Failures that were stored or returned", ["code"])
KNOWN_RESULTS = Counter("stockcast_known_results", "Questions, by whether their result existed", ["outcome"])
STAGE_SECONDS = Histogram("stockcast_stage_seconds", "Seconds of each stage of a request", ["stage"], buckets=_SECONDS)
ORDERS = Counter("stockcast_orders", "Accepted orders, by attempt", ["attempt"])
TAKEN_OVER = Counter("stockcast_leases_taken_over", "Requests that were reclaimed after their attempt died")
UNTRUSTED_PEERS = Counter(
    "stockcast_untrusted_peers", "Connections between services rejected for the certificate or token of the peer"
)
SQL_FAILURES = Counter("stockcast_sql_failures", "Uses of the SQL store that failed because it cannot be used")
LEDGER_REFUSED = Counter(
    "stockcast_ledger_refused", "Forecasts that the track record lacks because its outbox in Redis was full"
)
LEDGER_WAITING = Gauge(
    "stockcast_ledger_waiting",
    "Entries of the track record that wait in Redis for the SQL store",
    multiprocess_mode="livemax",
)
LEDGER_DRAINED = Counter("stockcast_ledger_drained", "Entries that left the track record's outbox", ["outcome"])
RECORD_FORECASTS = Gauge(
    "stockcast_track_record_forecasts",
    "The latest scored live forecasts on which the figures rest, at most 200",
    multiprocess_mode="livemostrecent",
)
RECORD_INDEPENDENT = Gauge(
    "stockcast_track_record_independent",
    "Independent forecasts with the same uncertainty as the latest scored ones",
    multiprocess_mode="livemostrecent",
)
RECORD_CRPS_RATIO = Gauge(
    "stockcast_track_record_crps_ratio",
    "The score of the latest forecasts as a fraction of the last price's; below 1 is better",
    multiprocess_mode="livemostrecent",
)
RECORD_COVERAGE = Gauge(
    "stockcast_track_record_coverage",
    "The fraction of closes inside the interval of the latest forecasts",
    ["level"],
    multiprocess_mode="livemostrecent",
)
RECORD_COVERAGE_LOW = Gauge(
    "stockcast_track_record_coverage_low",
    "The lowest coverage that chance allows",
    ["level"],
    multiprocess_mode="livemostrecent",
)
RECORD_COVERAGE_HIGH = Gauge(
    "stockcast_track_record_coverage_high",
    "The highest coverage that chance allows",
    ["level"],
    multiprocess_mode="livemostrecent",
)
SOURCE_CALLS = Counter("stockcast_source_calls", "Calls of price sources, by outcome", ["source", "outcome"])
MODEL_TEXTS = Counter("stockcast_model_texts", "Texts of the language model that were begun, by outcome", ["outcome"])
MODEL_TEXTS_REFUSED = Counter(
    "stockcast_model_texts_refused", "Texts of the language model that failed a check, by the check", ["reason"]
)
MODEL_TOKENS = Counter("stockcast_model_tokens", "Tokens that calls of the language model took, or may have taken")
SOURCE_BUDGET_LEFT = Gauge(
    "stockcast_source_budget_left", "Remaining calls of all keys of a source in this window", ["source", "window"]
)
ALERTS_RUN = Gauge(
    "stockcast_alerts_run_timestamp_seconds",
    "Time at which the alerts were last judged; 0 if they never were",
    multiprocess_mode="livemax",
)
NOTIFICATIONS_OVERDUE = Gauge(
    "stockcast_notifications_overdue",
    "Notifications whose next attempt is overdue, because nothing sends them",
    multiprocess_mode="livemax",
)
MARKET_STOCKS = Gauge(
    "stockcast_market_stocks",
    "Stocks of the last nightly run over the whole market",
    multiprocess_mode="livemostrecent",
)
MARKET_DONE = Gauge(
    "stockcast_market_done", "Stocks of the last nightly run that are on the board", multiprocess_mode="livemostrecent"
)
MARKET_FAILED = Gauge(
    "stockcast_market_failed",
    "Stocks of the last nightly run that are on the board without a forecast",
    multiprocess_mode="livemostrecent",
)
MARKET_STARTED = Gauge(
    "stockcast_market_started_timestamp_seconds",
    "Time at which the last nightly run began; 0 if there was none",
    multiprocess_mode="livemax",
)
MARKET_COMPLETE = Gauge(
    "stockcast_market_complete_timestamp_seconds",
    "Time at which the last complete nightly run ended; 0 if none was",
    multiprocess_mode="livemax",
)
REFRESH_TICKERS = Gauge(
    "stockcast_refresh_tickers",
    "Stocks of the last refresh of many stocks, by the time between prices",
    ["interval"],
    multiprocess_mode="livemostrecent",
)
REFRESH_FAILED = Gauge(
    "stockcast_refresh_failed",
    "Stocks that the last refresh did not bring up to date",
    ["interval"],
    multiprocess_mode="livemostrecent",
)
REFRESH_ENDED = Gauge(
    "stockcast_refresh_ended_timestamp_seconds",
    "Time at which the last refresh of many stocks ended",
    ["interval"],
    multiprocess_mode="livemax",
)
REFRESH_COMPLETE = Gauge(
    "stockcast_refresh_complete_timestamp_seconds",
    "Time at which the last refresh without a failure ended; 0 if none was",
    ["interval"],
    multiprocess_mode="livemax",
)
BACKUP_BEGAN = Gauge(
    "stockcast_backup_began_timestamp_seconds",
    "Time at which the last backup of the stores began, whole or not; 0 if there was none",
    multiprocess_mode="livemostrecent",
)
BACKUP_COMPLETE = Gauge(
    "stockcast_backup_complete_timestamp_seconds",
    "Time at which the newest whole backup began; 0 if none was",
    multiprocess_mode="livemostrecent",
)
BACKUP_BYTES = Gauge(
    "stockcast_backup_bytes", "Size of the newest whole backup; 0 if none was", multiprocess_mode="livemostrecent"
)
BACKUP_MAX_AGE = Gauge(
    "stockcast_backup_max_age_seconds",
    "Age of the newest whole backup from which on an alert is due; 0 if none is",
    multiprocess_mode="livemostrecent",
)
SCHEDULED_RUNS = Counter(
    "stockcast_scheduled_runs", "Runs of the commands of the local schedule, by outcome", ["command", "outcome"]
)
SCHEDULED_SUCCESS = Gauge(
    "stockcast_scheduled_success_timestamp_seconds",
    "Time of the last complete run of a command of the local schedule",
    ["command"],
)
PRICES_AGE_DAYS = Histogram(
    "stockcast_prices_age_days", "Age of the last close of each forecast, in days", buckets=_DAYS
)
ORDERS_IN_FLIGHT = Gauge("stockcast_orders_in_flight", "Orders accepted and not yet ended", multiprocess_mode="livesum")
ORDERS_WAITING = Gauge("stockcast_orders_waiting", "Orders accepted and not yet started", multiprocess_mode="livesum")
ORDERS_BOUND = Gauge("stockcast_orders_bound", "The most orders that the service accepts", multiprocess_mode="livesum")
LOOP_FAILURES = Counter("stockcast_loop_failures", "Turns of a background loop with an unexpected failure", ["loop"])
LOOP_HEARTBEAT = Gauge(
    "stockcast_loop_heartbeat_timestamp_seconds",
    "Time of the last completed turn of a background loop; the oldest of several processes",
    ["loop"],
    multiprocess_mode="livemin",
)


def show_orders(in_flight: Callable[[], int], at_once: int, bound: int) -> None:
    """Set the metrics of the orders.

    Args:
        in_flight: returns the number of accepted orders.
        at_once: the orders that are processed at the same time; the others wait.
        bound: the most accepted orders.
    """
    ORDERS_IN_FLIGHT.set_function(in_flight)
    ORDERS_WAITING.set_function(lambda: max(in_flight() - at_once, 0))
    ORDERS_BOUND.set(bound)


def reserve_disk_space() -> None:
    """Reserve the disk space of this process's metrics, which prometheus_client maps into memory.

    Without it, the first write to a new page on a full disk would kill the process (SIGBUS).
    """
    folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    for kind in _KINDS_OF_FILES:
        path = folder / f"{kind}_{os.getpid()}.db"
        try:
            path.write_bytes(bytes(_FILE_BYTES))
        except OSError as exc:
            # An incomplete file would make the metrics of all processes unreadable.
            path.unlink(missing_ok=True)
            _log.error("the disk has no space for metrics in the temporary folder: %s", exc.strerror)


def render_metrics(shared: Collector | None = None) -> bytes:
    """Return all metrics as text; those of all processes if there are several.

    Args:
        shared: the metrics that are read at each scrape, because no process has them.
    """
    return _render_own() + (b"" if shared is None else _render_shared(shared))


def _render_shared(shared: Collector) -> bytes:
    registry = CollectorRegistry()
    registry.register(shared)
    return generate_latest(registry)


def _render_own() -> bytes:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
