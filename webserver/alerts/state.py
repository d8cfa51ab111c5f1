"""The state of an alert: it fires once, and is armed again when its condition is no longer met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from webserver.alerts.conditions import Condition, Judgement

State = Literal["armed", "fired"]


@dataclass(frozen=True)
class Step:
    """The state after a judgement, and whether the alert fires."""

    state: State
    fires: bool


def first_state(condition: Condition, judgement: Judgement) -> State:
    """Return the state of a new alert. A condition that is met already fires only after it was not met."""
    return "fired" if judgement.holds and not condition.fires_each_day else "armed"


def next_step(condition: Condition, state: State, judgement: Judgement) -> Step:
    """Return the state after the judgement of a new close; a close that cannot be judged changes nothing."""
    if judgement.holds is None:
        return Step(state, fires=False)
    if condition.fires_each_day:
        return Step("armed", fires=judgement.holds)
    return Step("fired" if judgement.holds else "armed", fires=judgement.holds and state == "armed")
