from __future__ import annotations

from flask import Flask

from common.domain.questions import Question
from common.redis.requests.records import Record
from webserver.forecasts.routes import forecasts_api

PATIENCE_S = 7
ASKED = {"ticker": "AAPL", "days": 30}
UNDER_WAY = Record("a", Question(ticker="AAPL", days=30), "accepted", None, "", 1000, 1)


class Clock:
    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now


class SlowDesk:
    """Takes as long to dispatch as it may."""

    def __init__(self, clock):
        self._clock = clock
        self.waited = []

    def submit(self, _request_id, _question, patience_s, _charge):
        self._clock.now += patience_s
        return UNDER_WAY

    def wait(self, record, seconds):
        self.waited.append(seconds)
        return record


def test_a_client_waits_no_longer_because_the_dispatch_took_its_time(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("webserver.forecasts.routes.time", clock)
    desk, app = SlowDesk(clock), Flask(__name__)
    app.register_blueprint(forecasts_api(desk, None, lambda: None, longest_wait_s=PATIENCE_S))
    answer = app.test_client().post("/api/v1/forecasts", json=ASKED, headers={"Prefer": f"wait={PATIENCE_S}"})
    assert (answer.status_code, desk.waited) == (202, [0.0])


def test_a_client_that_sets_no_bound_waits_until_the_deadline_is_over(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("webserver.forecasts.routes.time", clock)
    desk, app = SlowDesk(clock), Flask(__name__)
    app.register_blueprint(forecasts_api(desk, None, lambda: None, longest_wait_s=PATIENCE_S))
    app.test_client().post("/api/v1/forecasts", json=ASKED)
    (waited,) = desk.waited
    assert waited > UNDER_WAY.remaining_ms / 1000
