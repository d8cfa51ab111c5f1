"""Evaluations over HTTP: the question of a request."""

from __future__ import annotations

from pydantic import ConfigDict

from common.domain.errors import FieldUnavailable, InvalidDays, InvalidRequest, UnknownModel
from common.domain.evaluations.question import EvaluationQuestion
from common.domain.kinds import EVALUATION
from common.domain.questions import RequestId, extract_question
from webserver.evaluations.schemas import FinishedEvaluation
from webserver.requests.routes import RequestApi

TAG = "evaluations"
TRADED_FIELD = "close"
"""The trading rule decides at the end of a day, when the day's close is the only price to trade at."""


class EvaluationRequest(EvaluationQuestion):
    """The body of a request for an evaluation: the question, and optionally a request id of the client's choice.

    Unknown fields are refused.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"ticker": "AAPL", "days": 30, "models": ["blend", "ets"]},
                {"ticker": "MSFT", "days": 7, "models": ["prophet", "prophet:0.5"], "split": 0.8, "rule": {}},
            ]
        },
    )

    request_id: RequestId | None = None

    @property
    def question(self) -> EvaluationQuestion:
        """The question without the request id.

        Raises:
            InvalidRequest: a trading rule uses another field than the close, or the stock is among the others.
        """
        if self.ticker in self.others:
            raise InvalidRequest(f"others has {self.ticker}, the stock that is forecast. Leave it out.")
        if self.rule and self.field != TRADED_FIELD:
            raise InvalidRequest(f"The trading rule cannot use the {self.field}. Ask for the field {TRADED_FIELD}.")
        return extract_question(EvaluationQuestion, self)


EVALUATIONS = RequestApi(
    EVALUATION,
    TAG,
    EvaluationRequest,
    (FinishedEvaluation,),
    (InvalidDays, InvalidRequest),
    details="All models forecast from the same past days, and are compared with the last price.",
    ends=(UnknownModel, FieldUnavailable),
)
"""The routes of evaluations."""
