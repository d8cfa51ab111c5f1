"""The models of evaluations over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Blueprint, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from common.domain.access import Scope
from common.domain.errors import Busy
from common.domain.evaluations.question import BUILT_IN, DEFAULT_MODELS
from common.domain.kinds import EVALUATION
from webserver.evaluations.routes import TAG
from webserver.http.operations import Operation, OperationResponse, described
from webserver.stocks.serializers import json_response

_ETS: JsonDict = {"name": "ets", "built_in": True, "usual": True}
_OWN: JsonDict = {"name": "usual_move", "built_in": False, "usual": False}


class EvaluationModel(BaseModel):
    """A model that an evaluation can compare."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [_ETS]})

    name: str = Field(description="The name, for `models` of a question.")
    built_in: bool = Field(description="Whether the model is part of this program. An operator added the others.")
    usual: bool = Field(description="Whether a question without `models` compares it.")


class EvaluationModels(BaseModel):
    """The models that an evaluation can compare."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [{"models": [_ETS, _OWN]}]})

    models: list[EvaluationModel] = Field(description="The built-in models, and then those that the operator added.")


def evaluation_models_api(user_models: Callable[[], Sequence[str]]) -> Blueprint:
    """Return the route of the models.

    Args:
        user_models: returns the names of the models that the forecast services have beside the built-in ones.
    """
    api = Blueprint("evaluation_models", __name__, url_prefix=f"/api/v1/{EVALUATION.path}/models")

    @api.get("")
    @described(Operation(TAG, Scope.READ, {200: OperationResponse("The models.", (EvaluationModels,))}, (Busy,)))
    def list_models() -> Response:
        """Return the models that an evaluation can compare: the built-in ones, and those that the operator added."""
        added = [name for name in user_models() if name not in BUILT_IN]
        models = [
            EvaluationModel(name=name, built_in=name in BUILT_IN, usual=name in DEFAULT_MODELS)
            for name in (*BUILT_IN, *added)
        ]
        return json_response(EvaluationModels(models=models))

    return api
