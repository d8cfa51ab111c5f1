"""The kinds of analysis. They share one path: acceptance, leases, progress, cancelling, results, quotas, events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel

from common.domain.evaluations.question import EvaluationQuestion
from common.domain.evaluations.result import EVALUATION_ENGINE, Evaluation
from common.domain.patterns.questions import PatternQuestion
from common.domain.patterns.results import PATTERN_ENGINE, PatternSearchResult
from common.domain.questions import ForecastQuestion, Question
from common.domain.reports import REPORT_ENGINE, Report, ReportQuestion
from common.domain.results import ENGINE, Forecast


class CostClass(StrEnum):
    """The classes of work. Each has its own worker processes, so that long work does not delay quick work."""

    QUICK = "quick"
    """Work of about a tenth of a second. An order is dispatched as soon as it is accepted."""
    LONG = "long"
    """Work of up to minutes. Requests wait in a queue in which clients take turns."""


@dataclass(frozen=True)
class Kind:
    """A kind of analysis.

    Args:
        question: the model of the question. Its ``kind`` is the name of the kind.
        result: the model of the result.
        path: the part of the address after ``/api/v1/``.
        engine: the version of the computation. A result of another version is not current.
        cost: the class of the work.
        deadline_s: the seconds that a request of this kind may take once it has begun; None for REQUEST_DEADLINE_S.
        call: the module with the function ``compute``; by default the one in ``forecast_service/calls`` of its name.
    """

    question: type[Question]
    result: type[BaseModel]
    path: str
    engine: str
    cost: CostClass = CostClass.QUICK
    deadline_s: float | None = None
    call: str = ""

    @property
    def name(self) -> str:
        """The value of ``kind`` in messages and records."""
        return self.question.kind


FORECAST = Kind(ForecastQuestion, Forecast, "forecasts", ENGINE)
EVALUATION = Kind(EvaluationQuestion, Evaluation, "evaluations", EVALUATION_ENGINE, CostClass.LONG, deadline_s=600)
PATTERN_SEARCH = Kind(PatternQuestion, PatternSearchResult, "patterns", PATTERN_ENGINE, CostClass.LONG, deadline_s=600)
REPORT = Kind(ReportQuestion, Report, "reports", REPORT_ENGINE, deadline_s=120)
KINDS: dict[str, Kind] = {kind.name: kind for kind in (FORECAST, EVALUATION, PATTERN_SEARCH, REPORT)}
"""The kinds by name."""


def kind_of(question: Question) -> Kind:
    """Return the kind of a question.

    Raises:
        KeyError: this version does not have the kind.
    """
    return KINDS[question.kind]


def find_kind(fields: Mapping[str, object]) -> Kind | None:
    """Return the kind of a question's stored fields; None if this version does not have it.

    Questions without a kind are forecasts.
    """
    name = fields.get("kind", FORECAST.name)
    return KINDS.get(name) if isinstance(name, str) else None
