"""Three times as many questions as can be answered, for a minute."""

from __future__ import annotations

import time

from benchmarks.load.concurrent_clients import at_a_rate, in_turns
from benchmarks.service.many import CLIENTS, distinct_questions, require_done, store_walks
from test_support.stacks.run_app import RunningStack

CAPACITY_S = 20.0
OVERLOAD_S = 60.0
TIMES = 3
DEADLINE_S = 30.0
"""The service's own, as it is where nothing else is said."""
_STRAY_S = 0.5
"""The answer to a request that ended just at its deadline may be on its way for so long."""


def overload_figures(stack: RunningStack) -> dict[str, object]:
    """What is done at capacity, and of three times as much; how late that is, and how soon the rest is refused."""
    store_walks(stack)
    port, began = stack.ports.web, time.perf_counter()
    at_capacity = in_turns(port, distinct_questions(), CLIENTS, CAPACITY_S)
    capacity = len(at_capacity) / (time.perf_counter() - began)
    require_done(at_capacity)

    began = time.perf_counter()
    answers = at_a_rate(port, distinct_questions(), TIMES * capacity, OVERLOAD_S)
    seconds = time.perf_counter() - began
    done = [answer for answer in answers if answer.is_done]
    refused = sorted(answer.seconds for answer in answers if answer.is_refused)
    lost = len(answers) - len(done) - len(refused)
    return {
        "overload": {
            "late": lost + sum(answer.seconds > DEADLINE_S + _STRAY_S for answer in done),
            "refused_p95_ms": refused[int(len(refused) * 0.95)] * 1000 if refused else None,
            "throughput_ratio": len(done) / seconds / capacity,
            "capacity_per_second": capacity,
            "sent": len(answers),
            "done": len(done),
            "refused": len(refused),
            "slowest_done_s": max((answer.seconds for answer in done), default=0.0),
        }
    }
