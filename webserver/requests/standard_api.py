"""The routes of a kind of analysis that adds nothing to those of every kind."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, create_model

from common.domain.kinds import Kind
from common.domain.questions import Question, RequestId, extract_question
from webserver.requests.routes import RequestApi


class _Body(Question):
    """The body of a request: the question, and optionally a request id. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")
    question_model: ClassVar[type[Question]]

    request_id: RequestId | None = None

    @property
    def question(self) -> Question:
        """The question without the request id."""
        return extract_question(self.question_model, self)


class _Finished(BaseModel):
    """The fields of a finished request beside those of its result."""

    request_id: str
    status: Literal["done"]


def standard_api(kind: Kind) -> RequestApi:
    """Return the routes of a kind, with the bodies that follow from its question and its result."""
    body = create_model(
        f"{kind.question.__name__}Request",
        __base__=(_Body, kind.question),
        question_model=(ClassVar[type[Question]], kind.question),
    )
    finished = create_model(f"Finished{kind.result.__name__}", __base__=(_Finished, kind.result))
    return RequestApi(kind, kind.path, body, (finished,))
