"""A kind of analysis of the tests: it counts down, and reports each step."""

from __future__ import annotations

import time
from typing import ClassVar

from pydantic import BaseModel

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


class Countdown(BaseModel):
    """The number of steps, and the last close."""

    steps: int
    last_close: float


def compute(task: Task[CountdownQuestion]) -> CallOutput:
    """Count down."""
    stored, steps = task.prices(task.question.ticker), task.question.steps
    for step in range(steps):
        task.report(WorkProgress(step / steps, f"step {step + 1} of {steps}"))
        time.sleep(task.question.step_s)
    return task.output(Countdown(steps=steps, last_close=stored.series.frame["close"].iloc[-1]), stored)


COUNTDOWN = Kind(CountdownQuestion, Countdown, "countdowns", "1", CostClass.LONG, deadline_s=120, call=__name__)
