"""A minute of three times as many questions as the stack can answer."""

from __future__ import annotations

import time

from benchmarks.load.concurrent_clients import send_at_rate, send_by_clients
from benchmarks.service.many_questions import CLIENTS, distinct_questions, require_done, store_walks
from test_support.stacks.run_app import RunningStack

CAPACITY_S = 20.0
OVERLOAD_S = 60.0
TIMES = 3
DEADLINE_S = 30.0
"""The service's default deadline."""
_TRANSFER_S = 0.5
"""The longest transfer of an answer to a request that ended at its deadline."""


def overload_figures(stack: RunningStack) -> dict[str, object]:
    """Measure the throughput at capacity and under overload, the late answers, and the time until a refusal."""
    store_walks(stack)
    port, began = stack.ports.web, time.perf_counter()
    at_capacity = send_by_clients(port, distinct_questions(), CLIENTS, CAPACITY_S)
    capacity = len(at_capacity) / (time.perf_counter() - began)
    require_done(at_capacity)

    began = time.perf_counter()
    answers = send_at_rate(port, distinct_questions(), TIMES * capacity, OVERLOAD_S)
    seconds = time.perf_counter() - began
    done = [answer for answer in answers if answer.is_done]
    refused = sorted(answer.seconds for answer in answers if answer.is_refused)
    lost = len(answers) - len(done) - len(refused)
    return {
        "overload": {
            "late": lost + sum(answer.seconds > DEADLINE_S + _TRANSFER_S for answer in done),
            "refused_p95_ms": refused[int(len(refused) * 0.95)] * 1000 if refused else None,
            "throughput_ratio": len(done) / seconds / capacity,
            "capacity_per_second": capacity,
            "sent": len(answers),
            "done": len(done),
            "refused": len(refused),
            "slowest_done_s": max((answer.seconds for answer in done), default=0.0),
        }
    }
