from __future__ import annotations

from flask import Flask

from common.domain.questions import ForecastQuestion
from common.redis.rate_windows import QuotaCheck
from common.redis.requests.records import Record
from webserver.forecasts.routes import FORECASTS
from webserver.requests.routes import RequestServices, requests_api

LONGEST_WAIT_S = 7
ASKED = {"ticker": "AAPL", "days": 30}
UNFINISHED = Record("a", ForecastQuestion(ticker="AAPL", days=30), "accepted", None, "", 1000, 1)


class Clock:
    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now


class SlowService:
    """Uses all of its time for the dispatch."""

    def __init__(self, clock):
        self._clock = clock
        self.waited = []

    def submit(self, _request_id, _question, wait_s, _quota_check):
        self._clock.now += wait_s
        return UNFINISHED

    def wait(self, record, seconds):
        self.waited.append(seconds)
        return record


def test_time_of_the_dispatch_counts_as_waiting(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("webserver.requests.routes.time", clock)
    service, app = SlowService(clock), Flask(__name__)
    app.register_blueprint(
        requests_api(FORECASTS, RequestServices(service, None, lambda: QuotaCheck((), 1), LONGEST_WAIT_S))
    )
    answer = app.test_client().post("/api/v1/forecasts", json=ASKED, headers={"Prefer": f"wait={LONGEST_WAIT_S}"})
    assert (answer.status_code, service.waited) == (202, [0.0])


def test_client_without_a_preference_waits_until_the_deadline_has_passed(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("webserver.requests.routes.time", clock)
    service, app = SlowService(clock), Flask(__name__)
    app.register_blueprint(
        requests_api(FORECASTS, RequestServices(service, None, lambda: QuotaCheck((), 1), LONGEST_WAIT_S))
    )
    app.test_client().post("/api/v1/forecasts", json=ASKED)
    (waited,) = service.waited
    assert waited > UNFINISHED.remaining_ms / 1000
