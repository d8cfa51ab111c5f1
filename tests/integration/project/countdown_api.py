"""The routes of the countdown."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from common.domain.questions import RequestId, extract_question
from tests.integration.project.countdown import COUNTDOWN, CountdownQuestion
from webserver.requests.routes import RequestApi


class CountdownRequest(CountdownQuestion):
    """The body of a request."""

    model_config = ConfigDict(extra="forbid")
    request_id: RequestId | None = None

    @property
    def question(self) -> CountdownQuestion:
        """The question without the request id."""
        return extract_question(CountdownQuestion, self)


class Countdown(BaseModel):
    """The result."""

    steps: int
    last_close: float


API = RequestApi(COUNTDOWN, "forecasts", CountdownRequest, (Countdown,))
