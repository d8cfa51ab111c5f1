"""A kind of analysis of the tests: it counts down, and reports each step."""

from __future__ import annotations

import json
import time
from typing import ClassVar

from common.domain.kinds import CostClass, Kind
from common.domain.progress import WorkProgress
from common.domain.questions import Question
from forecast_service.calls.output import CallOutput
from forecast_service.calls.task import Task


class CountdownQuestion(Question):
    """A number of steps, each of some seconds."""

    kind: ClassVar[str] = "countdown"
    steps: int
    step_s: float = 0.0


def compute(task: Task[CountdownQuestion]) -> CallOutput:
    """Count down."""
    stored, steps = task.prices(task.question.ticker), task.question.steps
    for step in range(steps):
        task.report(WorkProgress(step / steps, f"step {step + 1} of {steps}"))
        time.sleep(task.question.step_s)
    body = json.dumps({"steps": steps, "last_close": float(stored.series.frame["close"].iloc[-1])}).encode()
    return CallOutput(body, stored.facts.revision, stored.series.last, {})


COUNTDOWN = Kind("countdown", CountdownQuestion, "countdowns", "1", CostClass.LONG, deadline_s=120)
