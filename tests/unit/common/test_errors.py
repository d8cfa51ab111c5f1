import pickle

import pytest

from common.domain.errors import FAILURES_BY_CODE, Busy, ForecastFailed, make_failure
from webserver.http.problems import STATUS

DESIGNED = {
    "invalid_ticker", "invalid_days", "invalid_request", "unknown_ticker", "too_little_data", "provider_unavailable",
    "busy", "rate_limited", "deadline_exceeded", "forecast_failed", "worker_crashed", "cancelled", "request_conflict",
    "not_found", "implausible_prices", "field_unavailable", "store_unavailable", "unauthenticated", "forbidden",
    "unknown_model", "invalid_pattern", "unusable_window", "not_daily",
    "not_finished", "report_too_large",
    "no_market_board", "unreadable_market_board",
    "no_news_source", "news_unavailable",
    "language_model_unavailable", "language_model_over_budget", "model_text_refused",
    "no_company_facts", "company_facts_off",
    "source_conflict", "invalid_file", "invalid_rows", "ambiguous_dates", "ambiguous_numbers",
}  # fmt: skip


def test_every_designed_code_has_one_failure_and_one_http_status():
    assert set(FAILURES_BY_CODE) == DESIGNED == set(STATUS)


@pytest.mark.parametrize("code", sorted(DESIGNED))
def test_a_failure_survives_the_pipe_from_a_worker_process(code):
    failure = pickle.loads(pickle.dumps(make_failure(code, "in words", 7)))  # noqa: S301
    assert (failure.code, failure.detail, failure.retry_after_s) == (code, "in words", 7)


@pytest.mark.parametrize("code", sorted(DESIGNED))
def test_every_failure_has_its_own_text(code):
    assert make_failure(code).detail.endswith(".")


def test_an_unknown_code_is_a_failed_forecast():
    assert isinstance(make_failure("from_the_future"), ForecastFailed)


def test_busy_has_a_retry_after():
    assert Busy().retry_after_s == 1
